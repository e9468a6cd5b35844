"""Runs lines of the AWS CLI from its source tree, each in a process forked from this one, without a network.

The first argument is the tree. Each line of standard input is a JSON object: args, dir, env, and answers by protocol ("cbor",
"other"), each with status, headers and body (base64). One JSON object is written for each: status, stdout, stderr, requests.
"""
import base64, importlib, importlib.abc, importlib.machinery, io, json, os, sys, tempfile, types, zlib

sys.path.insert(0, sys.argv[1])


class Anything(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return 0


class Stub(types.ModuleType):
    """A native library that is not there: names that do nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == "awscrt":
            return importlib.import_module("awscrt." + name)
        if name[0].islower():
            return lambda *a, **k: None
        value = Anything(name, (Exception,) if name.endswith("Error") else (), {"__init__": lambda self, *a, **k: None})
        setattr(self, name, value)
        return value


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name == "awscrt" or name.startswith("awscrt."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        module.__path__ = []
        if module.__name__ == "awscrt.checksums":
            module.crc32 = lambda data, previous=0: zlib.crc32(data, previous)


sys.meta_path.insert(0, Finder())
import awscli.clidriver
from botocore import awsrequest, httpsession  # the AWS CLI's own, after it was imported
import awscli.customizations.commands  # noqa: F401
import urllib3


def sender(answers, requests):
    def send(self, request):
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
        headers = {}
        for name, value in request.headers.items():
            headers[str(name)] = value.decode() if isinstance(value, bytes) else str(value)
        requests.append({"method": request.method, "url": request.url, "headers": headers,
                         "body": base64.b64encode(bytes(body or b"")).decode()})
        cbor = any(name.lower() == "smithy-protocol" for name in headers)
        answer = answers["cbor" if cbor else "other"]
        raw = urllib3.response.HTTPResponse(
            body=io.BytesIO(base64.b64decode(answer["body"])), headers=answer["headers"], status=answer["status"],
            preload_content=False, decode_content=False, request_method=request.method)
        response = awsrequest.AWSResponse(request.url, answer["status"], raw.headers, raw)
        if not request.stream_output:
            response.content
        return response

    return send


def tables(job):
    """The options of every command of a service, as the AWS CLI has them."""
    driver = awscli.clidriver.create_clidriver()
    out = {}
    for name, command in driver.subcommand_table[job["tables"]].subcommand_table.items():
        table = getattr(command, "arg_table", {})
        out[name] = {"own": type(command).__name__ != "ServiceOperation",
                     "options": {o: bool(getattr(a, "required", False)) for o, a in table.items()}}
    return out


def run(job, write):
    os.chdir(job["dir"])
    os.environ.clear()
    os.environ.update(job["env"], AWS_DATA_PATH=DATA)
    out, err = (os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600) for name in (write + ".out", write + ".err"))
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdin = open(os.devnull)
    requests = []
    httpsession.URLLib3Session.send = sender(job["answers"], requests)
    status = awscli.clidriver.AWSCLIEntryPoint().main(job["args"])
    sys.stdout.flush()
    sys.stderr.flush()
    with open(write + ".requests", "w") as file:
        json.dump(requests, file)
    os._exit(status or 0)


DATA = os.environ["AWS_DATA_PATH"]  # which the AWS CLI has set when it was imported


def main():
    folder = tempfile.mkdtemp()
    write = os.path.join(folder, "run")
    print(json.dumps({"version": awscli.__version__}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        if "tables" in job:
            print(json.dumps(tables(job)), flush=True)
            continue
        for end in (".out", ".err", ".requests"):
            open(write + end, "w").close()
        child = os.fork()
        if child == 0:
            try:
                run(job, write)
            except BaseException:
                import traceback
                traceback.print_exc()
            finally:
                os._exit(99)
        _, status = os.waitpid(child, 0)
        read = lambda end: open(write + end, "rb").read()
        print(json.dumps({
            "status": os.waitstatus_to_exitcode(status), "stdout": base64.b64encode(read(".out")).decode(),
            "stderr": base64.b64encode(read(".err")).decode(), "requests": json.loads(read(".requests") or b"[]"),
        }), flush=True)


main()

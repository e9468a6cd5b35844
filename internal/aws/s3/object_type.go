package s3

// types are the content types of names' endings, as Python's mimetypes has them.
// The table is fixed, so that the type does not depend on the machine's files.
var types = map[string]string{
	".aac": "audio/aac", ".avi": "video/x-msvideo", ".bin": "application/octet-stream", ".bmp": "image/bmp",
	".c": "text/plain", ".css": "text/css", ".csv": "text/csv", ".doc": "application/msword", ".eml": "message/rfc822",
	".gif": "image/gif", ".h": "text/plain", ".htm": "text/html", ".html": "text/html",
	".ico": "image/vnd.microsoft.icon", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript", ".json": "application/json",
	".log": "text/plain", ".md": "text/markdown", ".mjs": "text/javascript", ".mov": "video/quicktime",
	".mp3": "audio/mpeg", ".mp4": "video/mp4", ".mpeg": "video/mpeg", ".pdf": "application/pdf", ".png": "image/png",
	".ppt": "application/vnd.ms-powerpoint", ".py": "text/x-python", ".rtf": "application/rtf",
	".sh": "application/x-sh", ".so": "application/octet-stream", ".svg": "image/svg+xml", ".tar": "application/x-tar",
	".tif":  "image/tiff",
	".tiff": "image/tiff", ".tsv": "text/tab-separated-values", ".txt": "text/plain", ".wasm": "application/wasm",
	".wav": "audio/x-wav", ".webm": "video/webm", ".xls": "application/vnd.ms-excel", ".xml": "text/xml", ".zip": "application/zip",
}

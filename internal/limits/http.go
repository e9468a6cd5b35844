package limits

import "time"

// The bounds of the portal's listener, of requests and of sessions.
var (
	HTTPConnections = row(&Row{
		Name: "http_connections", Value: 4096, Unit: Count, Bounds: "connections to the portal that carry no stream",
		Message: "the server has more than %s connections; this one was closed",
		Advice:  "try again in a moment",
	})
	HTTPAddressConnections = row(&Row{
		Name: "http_address_connections", Value: 1024, Unit: Count,
		Bounds:  "those of one address; a proxy that signs people in may have all",
		Message: "this address has more than %s connections; this one was closed",
		Advice:  "use fewer connections at the same time",
	})
	HTTPHeaderTime = row(&Row{
		Name: "http_header_time", Value: int64(5 * time.Second), Unit: Duration, Bounds: "how long the head of a request takes to arrive",
		Message: "the head of the request did not arrive within %s",
		Advice:  "send it again",
	})
	HTTPHeaderBytes = row(&Row{
		Name: "http_header_bytes", Value: 128 << 10, Unit: Bytes, Bounds: "the head of a request, its address included",
		Message: "the head of the request is larger than %s",
		Advice:  "send values in a form instead of in the address",
	})
	HTTPBodyTime = row(&Row{
		Name: "http_body_time", Value: int64(10 * time.Second), Unit: Duration, Bounds: "how long the body of a request takes to arrive",
		Message: "the form did not arrive within %s; nothing was done",
		Advice:  "send it again",
	})
	HTTPBodyBytes = row(&Row{
		Name: "http_body_bytes", Value: 4 << 20, Unit: Bytes, Bounds: "the body of a request",
		Message: "the form is larger than %s; nothing was done",
		Advice:  "put large values into a file of the runbooks",
	})
	HTTPBodies = row(&Row{
		Name: "http_bodies", Value: 16 << 20, Unit: Bytes, Bounds: "the bodies of all requests that are in work",
		Message: "the server is taking in %s of forms already; nothing was done",
		Advice:  "press again in a moment",
	})
	HTTPAddressBodies = row(&Row{
		Name: "http_address_bodies", Value: 8 << 20, Unit: Bytes, Bounds: "those of one person; of one address where nobody signs in",
		Message: "%s of forms of yours are being taken in already; nothing was done",
		Advice:  "press again in a moment",
	})
	HTTPAnswerTime = row(&Row{
		Name: "http_answer_time", Value: int64(time.Minute), Unit: Duration, Bounds: "how long a page takes to be made and read",
		Message: "the page was not read within %s; the connection was closed",
		Advice:  "load it again",
	})
	HTTPFormTime = row(&Row{
		Name: "http_form_time", Value: int64(50 * time.Second), Unit: Duration, Bounds: "how long what a form asks for may take",
		Message: "this was not answered within %s; the page shows what was kept",
		Advice:  "load the page again before you press again",
	})
	HTTPPlanTime = row(&Row{
		Name: "http_plan_time", Value: int64(30 * time.Second), Unit: Duration,
		Bounds:  "how long a press waits for the plan of a change, or for the steps that it needs",
		Message: "the step was not ready within %s; nothing was changed",
		Advice:  "press again in a moment",
	})
	HTTPDownloadTime = row(&Row{
		Name: "http_download_time", Value: int64(15 * time.Minute), Unit: Duration,
		Bounds:  "how long a journal, an output or a file takes to be read",
		Message: "the download was not read within %s; the connection was closed",
		Advice:  "load it over a faster connection",
	})
	HTTPIdleTime = row(&Row{
		Name: "http_idle_time", Value: int64(2 * time.Minute), Unit: Duration, Bounds: "how long a connection is kept between two requests",
		Message: "the connection was idle for %s and was closed",
		Advice:  "browsers open another one by themselves",
	})
	HTTPRequests = row(&Row{
		Name: "http_requests", Value: 256, Unit: Count, Bounds: "requests in work, streams excepted; more wait for up to http_wait",
		Message: "the server is at work on %s requests; nothing was done",
		Advice:  "try again in a moment",
	})
	HTTPPersonRequests = row(&Row{
		Name: "http_person_requests", Value: 128, Unit: Count, Bounds: "those of one person; of one address where nobody signs in",
		Message: "%s requests of yours are in work; nothing was done",
		Advice:  "try again when they are answered",
	})
	HTTPDownloads = row(&Row{
		Name: "http_downloads", Value: 128, Unit: Count, Bounds: "journals, evidence, outputs and files that are being read",
		Message: "%s downloads are being read from the server; this one was not begun",
		Advice:  "try again when one of them has ended",
	})
	HTTPPersonDownloads = row(&Row{
		Name: "http_person_downloads", Value: 32, Unit: Count, Bounds: "those of one person; of one address where nobody signs in",
		Message: "%s downloads of yours are being read; this one was not begun",
		Advice:  "try again when one of them has ended",
	})
	HTTPWait = row(&Row{
		Name: "http_wait", Value: int64(10 * time.Second), Unit: Duration, Bounds: "how long a request waits for its turn",
		Message: "the request waited for %s; nothing was done",
		Advice:  "try again in a moment",
	})
	HTTPStreams = row(&Row{
		Name: "http_streams", Value: 16_384, Unit: Count, Bounds: "pages that are live",
		Message: "the server keeps %s pages live, which is all that it may",
		Advice:  "this page asks for what is new instead",
	})
	HTTPPersonStreams = row(&Row{
		Name: "http_person_streams", Value: 128, Unit: Count, Bounds: "those of one person who is signed in",
		Message: "%s pages of yours are live, which is all that may be",
		Advice:  "close some tabs; this page asks for what is new instead",
	})
	FieldBytes = row(&Row{
		Name: "field_bytes", Value: 64 << 10, Unit: Bytes, Bounds: "the value of a parameter or of any other field",
		Message: "the value is larger than %s; nothing was done",
		Advice:  "put it into a file of the runbooks and name that",
	})
	SessionTime = row(&Row{
		Name: "session_time", Value: int64(30 * 24 * time.Hour), Unit: Duration, Bounds: "how long a session lasts",
		Message: "the session lasted for %s and has ended",
		Advice:  "say your name again",
	})
	SessionIdleTime = row(&Row{
		Name: "session_idle_time", Value: int64(7 * 24 * time.Hour), Unit: Duration, Bounds: "how long a session lasts that is not used",
		Message: "the session was not used for %s and has ended",
		Advice:  "say your name again",
	})
	SessionsAtOnce = row(&Row{
		Name: "sessions_at_once", Value: 200, Unit: Count,
		Bounds:  "new sessions of one address, or of one person behind a proxy, at once; one more every session_interval",
		Message: "more than %s sessions began at this address in a short time; nothing was kept",
		Advice:  "let programs send their cookie back, or wait for a minute",
	})
	SessionInterval = row(&Row{
		Name: "session_interval", Value: int64(10 * time.Second), Unit: Duration,
		Bounds:  "how soon one more session may begin after sessions_at_once",
		Message: "a session begins every %s",
		Advice:  "wait a moment",
	})
	SessionsOfAddress = row(&Row{
		Name: "sessions_of_address", Value: 2000, Unit: Count,
		Bounds:  "sessions of one address, or of one person behind a proxy, in session_idle_time",
		Message: "this address has %s sessions, which is all that it may; nothing was kept",
		Advice:  "let programs send their cookie back",
	})
	PasswordHashes = row(&Row{
		Name: "password_hashes", Value: 4, Unit: Count, Bounds: "passwords that are compared at the same time, with 19 MB each; more wait",
		Message: "more than %s people sign in at the same time; nobody was signed in",
		Advice:  "try again in a moment",
	})
	PasswordWait = row(&Row{
		Name: "password_wait", Value: int64(5 * time.Second), Unit: Duration, Bounds: "how long a password waits to be compared",
		Message: "the password waited for %s; nothing was done",
		Advice:  "try again in a moment",
	})
	PasswordBytes = row(&Row{
		Name: "password_bytes", Value: 1 << 10, Unit: Bytes, Bounds: "a password",
		Message: "the password is longer than %s; nothing was done",
		Advice:  "choose a shorter one",
	})
	SignInAttempts = row(&Row{
		Name: "sign_in_attempts", Value: 5, Unit: Count,
		Bounds: "attempts to sign in to one account that fail one after the other, before each waits twice as long as the one before, " +
			"up to 15 minutes; ten times as many for an address",
		Message: "signing in failed more than %s times here, and waits for a while now; nothing was compared",
		Advice:  "wait a few minutes, or ask for a link that sets a new password",
	})
)

package notify

// Reach says whether a target is connected to at an address.
var Reach = (*Target).reach

// Body is what is sent to a target of a format.
var Body = body

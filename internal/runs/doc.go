// Package runs does what runbooks say: it starts runs, carries steps out as jobs, keeps the journal
// and lets everybody read it.
//
// A run is the list of its events. Whatever happens is appended to it in a transaction and read
// again by number; nobody is sent anything but the hint that there is more ([Service.Changed]).
package runs

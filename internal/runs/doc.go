// Package runs does what runbooks say. A press starts a run or joins the open one, changes are planned, approved and confirmed,
// steps are executed as jobs, and everything that happens is in the run's journal.
//
// [Service] is what pages and the command line use. It is built of parts, each with the few methods of the store that it needs:
//
//   - [Presser] decides about a press, and plans changes; [Approvals] and [Marks] keep what people say; [Reader] reads.
//   - package work executes what was requested, and stops it; it writes the journal.
//   - packages schedules, recovery and retention do what the server does by itself.
//   - packages ledger and sealed are shared: transactions on a run and its readers, and the encryption of executions.
//
// A run is the list of its events. Whatever happens is appended to it in a transaction and read again by number; readers are
// told only that there is more ([ledger.Ledger.Subscribe]).
package runs

// Package journal says what the events of a run mean. It folds them, in the order of their numbers, into the view that a
// live page shows, the timeline, and the evidence of the run. All of it is pure: nothing here reads a store, a clock or a
// network.
//
// A page and the evidence fold the same types: an Attempt is one execution, a StepView the newest attempt of a step with
// what people did beside it, a View the run. They differ only in how much of each attempt they hold.
//
// What one kind of event means (how it is folded, worded, printed and drawn) stands in one entry of kinds.go and nowhere
// else: docs/how-to/add-a-kind-of-event.md.
package journal

// Package journal says what the events of a run mean. It folds them, in their order, into the view that a live page
// shows, the timeline, and the evidence of the run. All of it is pure: nothing here reads a store, a clock or a network.
package journal

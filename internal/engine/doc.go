// Package engine executes one step in one environment: it plans its calls, inspects what they would change, makes the
// confirmed ones, waits for what they changed, repeats readings, and samples for a time (a bake). It knows no store: what
// happens is told with Emit, and what a run keeps between steps comes and goes as a [Snapshot].
package engine

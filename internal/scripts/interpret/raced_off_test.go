//go:build !race

package interpret

// raced says that the race detector is in this binary.
const raced = false

// Package procedures is the vocabulary of Opsbook and the library of its
// runbooks. Every other room speaks in these types and this package imports
// none of the rooms:
//
//   - a [Library] is what a folder of Markdown says: chapters, procedures, steps,
//     parameters and the mistakes found in them;
//   - a [Command] is what a script may use; aws is one, date another. It is read
//     before it is run ([Command.Plan]) and then carried out ([Command.Run]);
//   - an [Event] is a thing that happened in a run. A run is the list of its
//     events, numbered from 1 without gaps;
//   - a [Verdict] is what is thought of it.
package procedures

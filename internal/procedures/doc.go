// Package procedures is the vocabulary of Opsbook: the types in which its rooms speak with each other, and their words. It
// imports none of the rooms, reads no Markdown and no files, and knows no SQL:
//
//   - a [Procedure] is what a runbook says: steps, parameters and findings. Package runbook reads it;
//   - a [Command] is what a script may use; aws is one, date another. It is described before it is run
//     ([Command.Describe]) and then executed ([Command.Run]);
//   - an [Event] is a thing that happened in a run. A run is the list of its events, numbered from 1 without gaps;
//   - a [Verdict] is what a call, a step or a run came to.
package procedures

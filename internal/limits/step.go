package limits

import "time"

// The bounds of a step, the scripts that its script calls included.
var (
	StepsWorking = row(&Row{
		Name: "steps_working", Value: 100, Unit: Count,
		Bounds:  "steps that one server works on at the same time; one that sleeps, polls or waits for memory is none of them",
		Message: "this server works on %s steps at a time",
		Advice:  "this step begins when another one ends or waits",
	})
	StepsResting = row(&Row{
		Name: "steps_resting", Value: 2000, Unit: Count,
		Bounds:  "steps of one server that sleep or poll without being one of those; what more sleep count as working",
		Message: "%s steps of this server sleep or poll already",
		Advice:  "this step counts as working meanwhile",
	})
	StepsPrograms = row(&Row{
		Name: "steps_programs", Value: 100, Unit: Count,
		Bounds:  "steps of one server that run programs of the system; after half a second such a step is none of those that work",
		Message: "%s steps of this server run a program already",
		Advice:  "this step goes on when one of those programs ends",
	})
	StepMemory = row(&Row{
		Name: "step_memory", Value: 64 << 20, Unit: Bytes,
		Bounds:  "what a step holds in memory: variables, expansions, answers, and what its commands keep",
		Message: "the step needs more than %s of memory and was stopped",
		Advice:  "pass data on in pipes or files instead of keeping it, or select less of it with --query",
	})
	ServerMemory = row(&Row{
		Name: "server_memory", Value: 256 << 20, Unit: Bytes,
		Bounds:  "what all steps of a server hold in memory; a step that finds none free waits, and says so",
		Message: "the steps of this server hold all of the %s of memory that they may use",
		Advice:  "this step waits until another one ends",
	})
	StepTime = row(&Row{
		Name: "step_time", Value: int64(time.Hour), Unit: Duration, Bounds: "how long a step takes, where no `timeout` is said for it",
		Message: "the step took longer than %s and was stopped",
		Advice:  "say `timeout` in its annotations, or make it of several steps",
	})
	StepWork = row(&Row{
		Name: "step_work", Value: 10_000_000_000, Unit: Count,
		Bounds:  "how much a step computes, in bytes that its script and commands go through; waiting is none",
		Message: "the step computed more than %s units of work and was stopped",
		Advice:  "let it wait with `sleep` where it polls, and select data before it is worked on",
	})
	StepCommands = row(&Row{
		Name: "step_commands", Value: 200_000, Unit: Count, Bounds: "commands that one script runs, builtins and functions included",
		Message: "the step ran more than %s commands and was stopped",
		Advice:  "let one command work on many lines instead of one a line",
	})
	StepCalls = row(&Row{
		Name: "step_calls", Value: 10_000, Unit: Count, Bounds: "commands of a step that reach outside of the run",
		Message: "the step made more than %s calls and was stopped",
		Advice:  "wait with `sleep` between them where it polls, or make it of several steps",
	})
	StepOutput = row(&Row{
		Name: "step_output", Value: 64 << 20, Unit: Bytes, Bounds: "what a step prints",
		Message: "the step printed more than %s and was stopped",
		Advice:  "print less, or write it to a file",
	})
	StepAnswers = row(&Row{
		Name: "step_answers", Value: 256 << 20, Unit: Bytes,
		Bounds:  "what the answers of a step's calls hold together, one after the other",
		Message: "the answers of the step's calls hold more than %s together and the step was stopped",
		Advice:  "ask for less with filters, or make it of several steps",
	})
	AnswerBytes = row(&Row{
		Name: "answer_bytes", Value: 32 << 20, Unit: Bytes, Bounds: "one answer of AWS that is no file",
		Message: "an answer is larger than %s",
		Advice:  "ask for less with filters, or for smaller pages with --page-size",
	})
	StepValue = row(&Row{
		Name: "step_value", Value: 16 << 20, Unit: Bytes, Bounds: "what one variable, one `$(…)` or one expansion holds",
		Message: "a value is larger than %s and the step was stopped",
		Advice:  "pass it on in a pipe or a file instead",
	})
	StepDescriptors = row(&Row{
		Name: "step_descriptors", Value: 256, Unit: Count, Bounds: "files and pipes that a step has open at the same time",
		Message: "the step has more than %s files and pipes open; it was stopped",
		Advice:  "end the function or the pipe that calls itself",
	})
	StepDepth = row(&Row{
		Name: "step_depth", Value: 1000, Unit: Count, Bounds: "calls of functions that have not returned",
		Message: "functions call one another more than %s deep; the step was stopped",
		Advice:  "end the function that calls itself",
	})
	StepFrames = row(&Row{
		Name: "step_frames", Value: 50_000, Unit: Count,
		Bounds:  "calls that the interpreter of a step is in at the same time, whatever the script is made of",
		Message: "what the script is made of stands more than %s calls deep in one another; the step was stopped",
		Advice:  "end the function that calls itself, or write it with fewer parts in one another",
	})
	StepScripts = row(&Row{
		Name: "step_scripts", Value: 8, Unit: Count, Bounds: "scripts that call scripts",
		Message: "scripts call one another more than %s deep",
		Advice:  "end the script that calls itself",
	})
	RunBytes = row(&Row{
		Name: "run_bytes", Value: 256 << 20, Unit: Bytes, Bounds: "what the files of a run hold together while a step writes them",
		Message: "the files of the run hold %s, which is all that they may",
		Advice:  "write less, or remove what is no longer needed",
	})
	RunFiles = row(&Row{
		Name: "run_files", Value: 10_000, Unit: Count, Bounds: "files and folders of a run",
		Message: "the run has %s files and folders, which is all that it may",
		Advice:  "remove what is no longer needed, or write to one file",
	})
	LineBytes = row(&Row{
		Name: "line_bytes", Value: 16 << 20, Unit: Bytes, Bounds: "one line that a command works on as a whole",
		Message: "a line is longer than %s",
		Advice:  "is it text? Break it into lines first",
	})
	RegexpBytes = row(&Row{
		Name: "regexp_bytes", Value: 32 << 10, Unit: Bytes, Bounds: "a regular expression or a pattern",
		Message: "a regular expression is longer than %s",
		Advice:  "compare texts with = or grep -F instead",
	})
	StepWords = row(&Row{
		Name: "step_words", Value: 16 << 10, Unit: Count, Bounds: "words that one brace expansion makes",
		Message: "a brace expansion makes more than %s words and the step was stopped",
		Advice:  "use a loop with seq instead",
	})
)

package limits

// The bounds of files that are read as a whole, and of what a run and a plan keep.
var (
	RunbookBytes = row(&Row{
		Name: "runbook_bytes", Value: 1 << 20, Unit: Bytes, Bounds: "a runbook, or a script of the runbooks' folder",
		Message: "the file is larger than %s and was not read",
		Advice:  "make several files of it",
	})
	FrontMatterBytes = row(&Row{
		Name: "front_matter_bytes", Value: 64 << 10, Unit: Bytes, Bounds: "the front matter of a runbook",
		Message: "the front matter is larger than %s",
		Advice:  "make several runbooks of it, and write text below it",
	})
	HeadingBytes = row(&Row{
		Name: "heading_bytes", Value: 4 << 10, Unit: Bytes, Bounds: "a heading of a runbook",
		Message: "the heading is longer than %s",
		Advice:  "write a short heading, and the rest as text below it",
	})
	RunbookNesting = row(&Row{
		Name: "runbook_nesting", Value: 100, Unit: Count, Bounds: "quotes and lists of a runbook that stand in one another",
		Message: "quotes and lists stand more than %s deep in one another",
		Advice:  "write it with headings",
	})
	RunbookLineParts = row(&Row{
		Name: "runbook_line_parts", Value: 500, Unit: Count, Bounds: "links of one line of a runbook, and columns of one table",
		Message: "the line has more than %s links or columns",
		Advice:  "make several lines, or tables, of it",
	})
	RunbookParts = row(&Row{
		Name: "runbook_parts", Value: 10_000, Unit: Count,
		Bounds:  "headings, tables, blocks of code, tasks and definitions of a runbook, and its open brackets",
		Message: "there are more than %s headings, tables, blocks, tasks and definitions, or open brackets",
		Advice:  "make several files of it",
	})
	RunbookCells = row(&Row{
		Name: "runbook_cells", Value: 200_000, Unit: Count,
		Bounds:  "cells of one table of a runbook, and marks of emphasis of one paragraph",
		Message: "the table has more than %s cells, or the paragraph so many marks of emphasis",
		Advice:  "put data into a file of its own, and make several paragraphs",
	})
	ScriptBytes = row(&Row{
		Name: "script_bytes", Value: 64 << 10, Unit: Bytes, Bounds: "the text of one script",
		Message: "the script is larger than %s",
		Advice:  "make several scripts of it, and keep data in files of their own",
	})
	ScriptNesting = row(&Row{
		Name: "script_nesting", Value: 1000, Unit: Count, Bounds: "brackets of a script that are open at the same time",
		Message: "more than %s brackets are open",
		Advice:  "write it with fewer parts in one another",
	})
	ScriptDepth = row(&Row{
		Name: "script_depth", Value: 5000, Unit: Count,
		Bounds:  "how deep the parts of a script stand in one another: blocks, chains of && and ||, expressions",
		Message: "the parts of the script stand more than %s deep in one another",
		Advice:  "write it as functions, or a long chain as lines of their own",
	})
	ParameterFileBytes = row(&Row{
		Name: "parameter_file_bytes", Value: 32 << 20, Unit: Bytes, Bounds: "a file that an option names with `file://` or `fileb://`",
		Message: "the file is larger than %s",
		Advice:  "put it into S3, and name its place there",
	})
	UploadParts = row(&Row{
		Name: "upload_parts", Value: 24 << 20, Unit: Bytes,
		Bounds:  "the parts that one line of `aws s3` sends at the same time; more wait",
		Message: "the parts of this line's uploads that are sent hold %s",
		Advice:  "the next ones wait until they are there",
	})
	KeptFileBytes = row(&Row{
		Name: "kept_file_bytes", Value: 16 << 20, Unit: Bytes, Bounds: "one file that a run keeps between its steps",
		Message: "a file of the run is larger than %s, which is too much to keep between its steps",
		Advice:  "remove it at the end of the step, or put it into S3",
	})
	KeptFilesBytes = row(&Row{
		Name: "kept_files_bytes", Value: 64 << 20, Unit: Bytes, Bounds: "the files that a run keeps between its steps, together",
		Message: "the files of the run are larger than %s together, which is too much to keep between its steps",
		Advice:  "remove what the next steps do not need",
	})
	PlanInputBytes = row(&Row{
		Name: "plan_input_bytes", Value: 16 << 20, Unit: Bytes,
		Bounds:  "the standard input of a changing line: it is a part of what is approved",
		Message: "the standard input has more than %s, which is too much to approve",
		Advice:  "put it into a file, and name that on the line",
	})
	PlanFiles = row(&Row{
		Name: "plan_files", Value: 5000, Unit: Count, Bounds: "the files that a changing line reads: they are a part of what is approved",
		Message: "the line reads more than %s files, which is too much to approve",
		Advice:  "name a folder with fewer files, or make an archive of it",
	})
	PlanFilesBytes = row(&Row{
		Name: "plan_files_bytes", Value: 512 << 20, Unit: Bytes, Bounds: "what these files hold together",
		Message: "the line reads more than %s, which is too much to approve",
		Advice:  "name a folder with smaller files",
	})
	PlanDepth = row(&Row{
		Name: "plan_depth", Value: 64, Unit: Count, Bounds: "how deep the folders that a changing line reads stand in one another",
		Message: "the folder is nested more than %s deep, which is too much to approve",
		Advice:  "name a folder in it",
	})
	PlanObjects = row(&Row{
		Name: "plan_objects", Value: 100_000, Unit: Count,
		Bounds:  "the objects that a changing line of `aws s3` takes, overwrites or deletes: they are a part of what is approved",
		Message: "the line has to do with more than %s objects, which are too many to approve one by one",
		Advice:  "the plan says that they are not compared; name a longer prefix",
	})
	PlanAnswerBytes = row(&Row{
		Name: "plan_answer_bytes", Value: 1 << 20, Unit: Bytes,
		Bounds:  "an answer that a plan keeps, to be used again where it is carried out",
		Message: "an answer is larger than %s and was not kept with the plan",
		Advice:  "it is read anew, and what is sent is compared with the plan all the same",
	})
	PlanAnswersBytes = row(&Row{
		Name: "plan_answers_bytes", Value: 8 << 20, Unit: Bytes, Bounds: "the answers that a plan keeps, together",
		Message: "the answers of the step are larger than %s together and not all were kept with the plan",
		Advice:  "others are read anew, and what is sent is compared with the plan all the same",
	})
	SampleBytes = row(&Row{
		Name: "sample_bytes", Value: 64 << 10, Unit: Bytes, Bounds: "the output of one sample of a bake",
		Message: "the output of this sample is longer than %s; no more of it is kept",
		Advice:  "print less in a sample",
	})
	AccountsKept = row(&Row{
		Name: "accounts_kept", Value: 64, Unit: Count, Bounds: "profiles and regions of an environment that are remembered",
		Message: "more than %s profiles and regions are in use; they were forgotten",
		Advice:  "they are read again when they are used",
	})
	RolesKept = row(&Row{
		Name: "roles_kept", Value: 256, Unit: Count, Bounds: "sessions of assumed roles of an environment that are remembered",
		Message: "more than %s sessions of roles are in use; the one that was used longest ago was forgotten",
		Advice:  "its role is assumed again when it is used",
	})
	CallersKept = row(&Row{
		Name: "callers_kept", Value: 1000, Unit: Count, Bounds: "access keys whose account is remembered",
		Message: "more than %s access keys are in use; who is behind them was forgotten",
		Advice:  "AWS STS is asked again",
	})
)

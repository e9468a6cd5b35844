// Package runbook reads folders of Markdown into procedures: a [Library] is what a folder says at one moment, a [Watcher] keeps
// the newest one. Reading never fails for what somebody wrote: what is wrong is a finding, and everything else is there.
//
// A file passes through these stages, each in files of its name: its front matter and headings (runbook_read,
// frontmatter_read, title_read) become pages (page_build); a page's blocks are split into units (block_split),
// planned as steps (block_plan, block_note, block_prompt) and built (step_build, step_analyse) with their
// annotations (annotation_read, annotation_merge); what the reader fills in becomes parameters
// (placeholder_find, placeholder_word, parameter_collect). Then the library puts the files together
// (library_assemble) and checks what needs to see several steps (step_check, step_supply, step_wait).
//
// Scripts are analysed by what Options gives; package analyse has the analyser.
package runbook

package render

import "strings"

// ruler is a line of dashes with a plus at each column's edge.
func ruler(widths []int) string {
	text := ""
	for i, w := range widths {
		if i == 0 {
			text = "+" + strings.Repeat("-", max(0, w-2)) + "+"
			continue
		}
		text += strings.Repeat("-", max(0, w-1)) + "+"
	}
	return text
}

// center puts a text into the middle of a column, one to the left where it does not come out
// even.
func center(text string, length int, left string) string {
	n := displayWidth(text)
	start := length/2 - n/2 - 1
	right := length - 1 - (len(left) + start + n)
	return left + strings.Repeat(" ", max(0, start)) + text + strings.Repeat(" ", max(0, right)) + "|"
}

// alignLeft puts a text two spaces behind the column's edge, or at it where there is no room. What stands around the text has no width.
func alignLeft(text string, length int, first bool, before, behind string) string {
	left := ""
	if first {
		left = "|"
	}
	n, padding := displayWidth(text), 2
	if length-(n+padding+len(left)+1) < 0 {
		padding = 0
	}
	right := length - (len(left) + padding + n) - 1
	return left + strings.Repeat(" ", padding) + before + text + behind + strings.Repeat(" ", max(0, right)) + "|"
}

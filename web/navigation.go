package web

import (
	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/web/templates"
)

// dot is the verdict in the navigation. The navigation stands outside of the part that a change of the whole page
// replaces.
func dot(page *templates.RunPage) templ.Component {
	return partial(inNavigation, "outerHTML", verdictOf(page))
}

const inNavigation = ".nav [aria-current] .dot"

// verdictOf is the verdict of the page's run as the navigation shows it.
func verdictOf(page *templates.RunPage) templ.Component {
	item := templates.NavItem{Running: page.Meter.Running}
	if page.Run != nil {
		item.Verdict, item.Open = page.Standing.Verdict, page.Standing.Open && page.Standing.Left()
	}
	return templates.Dot(item)
}

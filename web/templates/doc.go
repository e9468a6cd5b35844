// Package templates renders the portal's pages. What a page needs is in a struct of this package,
// filled in by package web; templates decide nothing and ask nobody.
package templates

//go:generate go tool -modfile=../../tools/go.mod templ generate

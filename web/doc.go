// Package web is the portal: pages rendered on the server, buttons that post, and one stream a page that
// brings everybody what happens. Its one table of routes is in routes.go.
package web

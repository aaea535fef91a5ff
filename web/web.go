// Package web holds the dashboard as it was built: what web/dist has is in the
// binary, so that neither node nor a network is needed to build or to run it.
// README.md says how it is made.
package web

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files is the dashboard: index.html, and below assets what it loads. Names in
// assets hold a hash of what is in the file, so that it may be kept for ever;
// index.html may not. The file system is safe for concurrent use.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant that is valid
	}
	return files
}

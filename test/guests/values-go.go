// Strings and slices of Go: each is printed as a test is to find it, then shown by the debugger at `stop`.
package main

import "fmt"

type Point struct{ X, Y int }
type Names []string
type Word string

var sink int

//go:noinline
func stop(n int) { sink += n }

func main() {
	s := "hello, world"
	empty := ""
	text := "héllo"
	word := Word("named")
	ints := []int{1, 2, 3, 4, 5}
	part := ints[1:3]
	var none []string
	names := Names{"one", "two"}
	nested := [][]int{{1}, {2, 3}}
	points := []Point{{1, 2}, {3, 4}}
	fmt.Printf("s %q\nempty %q\ntext %q\nword %q\n", s, empty, text, word)
	fmt.Printf("ints %v\npart %v\nnone %q\nnames %q\nnested %v\n", ints, part, none, names, nested)
	fmt.Printf("ints[3] %v\nnames[1] %q\npoints[1].Y %v\n", ints[3], names[1], points[1].Y)
	fmt.Printf("text=='héllo' %v\n", text == "héllo")
	stop(len(points))
}

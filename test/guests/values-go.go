package main

import "fmt"

type Point struct{ X, Y int }

var sink int

//go:noinline
func stop(n int) { sink += n }

func main() {
	s := "hello, world"
	empty := ""
	text := "héllo"
	ints := []int{1, 2, 3, 4, 5}
	part := ints[1:3]
	var none []string
	points := []Point{{1, 2}, {3, 4}}
	names := []string{"one", "two"}
	arr := [3]string{"a", "b", "c"}
	stop(len(s))
	fmt.Printf("%q %q %q %v %d %d %v %q %v %q %q\n", s, empty, text, ints, len(part), cap(part), none, part, points, names, arr)
}

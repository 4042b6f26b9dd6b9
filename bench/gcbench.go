// Trees built from the root down and from the leaves up, as in gcbench.c.
package main

const (
	minDepth    = 4
	arrayLength = 500000
)

type node struct {
	left, right  *node
	level, stamp int
}

func nodesOf(levels int) int {
	return 2<<levels - 1
}

func nodeNew(left, right *node, level int) *node {
	return &node{left, right, level, ^level}
}

// buildDown gives the node the levels below it, from the top.
func buildDown(n *node) {
	if n.level == 0 {
		return
	}
	n.left = nodeNew(nil, nil, n.level-1)
	n.right = nodeNew(nil, nil, n.level-1)
	buildDown(n.left)
	buildDown(n.right)
}

func buildUp(level int) *node {
	if level == 0 {
		return nodeNew(nil, nil, 0)
	}
	left := buildUp(level - 1)
	right := buildUp(level - 1)
	return nodeNew(left, right, level)
}

// sound is the number of sound nodes in the tree.
func sound(n *node, level int) int {
	if n == nil {
		return 0
	}
	count := sound(n.left, level-1) + sound(n.right, level-1)
	if n.level == level && n.stamp == ^level {
		count++
	}
	return count
}

// dropped is where a tree goes when it is done with, so that its making is not optimised away.
func dropped(tree *node, levels int, look bool) {
	check(tree.level == levels, "a root has changed")
	check(!look || sound(tree, levels) == nodesOf(levels), "bad tree")
}

func churn(depth, levels int) {
	trees := 2 * nodesOf(depth+2) / nodesOf(levels)
	for i := 0; i < trees; i++ {
		tree := nodeNew(nil, nil, levels)
		buildDown(tree)
		dropped(tree, levels, i == 0)
	}
	for i := 0; i < trees; i++ {
		dropped(buildUp(levels), levels, i == 0)
	}
}

func main() {
	depth, threads := 16, 1
	benchStart(params{"depth": &depth, "threads": &threads})
	inThreads(threads, func() {
		dropped(buildUp(depth+2), depth+2, false)
		lasting := nodeNew(nil, nil, depth)
		buildDown(lasting)
		array := make([]float64, arrayLength)
		for i := range array {
			array[i] = 1 / float64(i+1)
		}
		for levels := minDepth; levels <= depth; levels += 2 {
			churn(depth, levels)
		}
		check(sound(lasting, depth) == nodesOf(depth), "the long-lived tree is damaged")
		for i := range array {
			check(array[i] == 1/float64(i+1), "an element of the array has changed")
		}
	})
	benchEnd()
}

// Binary trees, as in trees.c.
package main

const minDepth = 4

type tree struct {
	left, right *tree
}

func treeNew(levels int) *tree {
	node := new(tree)
	if levels > 0 {
		node.left = treeNew(levels - 1)
		node.right = treeNew(levels - 1)
	}
	return node
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func (t *tree) check(levels int) {
	check(t.count() == 2<<levels-1, "a tree has lost nodes")
}

func main() {
	depth, threads := 16, 1
	benchStart(params{"depth": &depth, "threads": &threads})
	inThreads(threads, func() {
		treeNew(depth + 1).check(depth + 1)
		lasting := treeNew(depth)
		for levels := minDepth; levels <= depth; levels += 2 {
			for i := 0; i < 1<<(depth-levels+minDepth); i++ {
				treeNew(levels).check(levels)
			}
		}
		lasting.check(depth)
	})
	benchEnd()
}

package interp // written for Opsbook: && before ||, and ! before both, as bash reads what stands in [[ ]]

import "mvdan.cc/sh/v3/syntax"

// inOrder is an expression of [[ ]] as bash reads it. The parser lets everything on the right of ! && and || belong to it: ! a || b is
// read as ! (a || b), and a && b || c as a && (b || c). What stands in parentheses is a part of its own, put into order when it is
// reached. The tree itself is left as it is: others may read it at the same time.
func inOrder(expr syntax.TestExpr) syntax.TestExpr {
	switch x := expr.(type) {
	case *syntax.BinaryTest:
		if x.Op != syntax.AndTest && x.Op != syntax.OrTest {
			return expr
		}
	case *syntax.UnaryTest:
		if x.Op != syntax.TsNot {
			return expr
		}
	default:
		return expr
	}
	var list testList
	list.add(expr)
	whole, part := syntax.TestExpr(nil), list.parts[0]
	var or syntax.Pos
	for i, op := range list.ops {
		next := list.parts[i+1]
		if op.Op == syntax.AndTest {
			part = &syntax.BinaryTest{OpPos: op.OpPos, Op: syntax.AndTest, X: part, Y: next}
			continue
		}
		whole, part, or = joined(whole, or, part), next, op.OpPos
	}
	return joined(whole, or, part)
}

// joined is a || b, or b where there is no a.
func joined(a syntax.TestExpr, at syntax.Pos, b syntax.TestExpr) syntax.TestExpr {
	if a == nil {
		return b
	}
	return &syntax.BinaryTest{OpPos: at, Op: syntax.OrTest, X: a, Y: b}
}

// testList are tests as they stand next to each other, with the operators between them.
type testList struct {
	parts []syntax.TestExpr
	ops   []*syntax.BinaryTest
}

func (l *testList) add(expr syntax.TestExpr) {
	switch x := expr.(type) {
	case *syntax.BinaryTest:
		if x.Op == syntax.AndTest || x.Op == syntax.OrTest {
			l.add(x.X)
			l.ops = append(l.ops, x)
			l.add(x.Y)
			return
		}
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot { // of the first of what follows
			var rest testList
			rest.add(x.X)
			l.parts = append(l.parts, &syntax.UnaryTest{OpPos: x.OpPos, Op: syntax.TsNot, X: rest.parts[0]})
			l.parts, l.ops = append(l.parts, rest.parts[1:]...), append(l.ops, rest.ops...)
			return
		}
	}
	l.parts = append(l.parts, expr)
}

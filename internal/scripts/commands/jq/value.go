// Package jq reads and evaluates jq's language over ordered documents: gojq's parser, and an evaluator that counts what it holds and
// computes, and keeps the order of members. It follows jq 1.8; [Builtins] lists its functions.
//
// A value is nil, a bool, a float64, a *literal (a number that was read and not computed, where its text says more than its float64), a
// string, a document.List or a *document.Object. Values are never changed once somebody else can see them.
package jq

import (
	"math"
	"math/big"
	"unicode/utf8"
	"unsafe"

	"github.com/opsbook/opsbook/internal/document"
)

type (
	list   = document.List
	object = document.Object
)

// maxDeep is how deep values are compared, merged, printed and read, and how long a path may be, as in jq.
const maxDeep = 10000

// kind is the type of a value, in the order in which jq sorts.
type kind int

const (
	kindNull kind = iota
	kindFalse
	kindTrue
	kindNumber
	kindString
	kindArray
	kindObject
)

// kindOf returns the kind of a value.
func kindOf(v any) kind {
	switch v := v.(type) {
	case nil:
		return kindNull
	case bool:
		if v {
			return kindTrue
		}
		return kindFalse
	case string:
		return kindString
	case list:
		return kindArray
	case *object:
		return kindObject
	}
	return kindNumber
}

// typeName is what jq's type says.
func typeName(v any) string {
	switch kindOf(v) {
	case kindNull:
		return "null"
	case kindFalse, kindTrue:
		return "boolean"
	case kindNumber:
		return "number"
	case kindString:
		return "string"
	case kindArray:
		return "array"
	default:
		return "object"
	}
}

// truthy is everything but null and false.
func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	}
	return true
}

// number returns a value as a number to calculate with.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case *literal:
		return v.f, true
	}
	return 0, false
}

// small are the values of small whole numbers, which need no memory.
var small = func() (boxes [1024]any) {
	for i := range boxes {
		boxes[i] = float64(i)
	}
	return boxes
}()

// box makes a value of a number.
func box(f float64) any {
	if i := int(f); i >= 0 && i < len(small) && float64(i) == f && (i != 0 || !math.Signbit(f)) {
		return small[i]
	}
	return f
}

// own turns numbers of other documents, which are int64 and *big.Int, into those of this package.
func own(v any) any {
	switch v := v.(type) {
	case int:
		return box(float64(v))
	case int64:
		if f := float64(v); math.Abs(f) < 1<<53 {
			return box(f)
		}
		return readNumber(big.NewInt(v).String())
	case *big.Int:
		return readNumber(v.String())
	case list:
		out := make(list, len(v))
		for i, item := range v {
			out[i] = own(item)
		}
		return out
	case *object:
		out := &object{}
		for name, item := range v.All() {
			out.Set(name, own(item))
		}
		return out
	}
	return v
}

// identical reports whether two values are the same thing, and not only equal: it tells whether a result is still where a path leads.
func identical(a, b any) bool {
	switch a := a.(type) {
	case list:
		b, ok := b.(list)
		return ok && len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
	case string:
		b, ok := b.(string)
		return ok && len(a) == len(b) && unsafe.StringData(a) == unsafe.StringData(b)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	return a == b
}

// runes counts the characters of a text.
func runes(s string) int { return utf8.RuneCountInString(s) }

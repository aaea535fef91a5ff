package cloudwatch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	maxExpression = 2048 // characters, as the service has it
	maxNesting    = 50
)

// node is a part of an expression of metric math.
type node struct {
	kind nodeKind
	// text is the id, the operator, the function or the string.
	text   string
	number float64
	args   []*node
}

type nodeKind uint8

const (
	nodeNumber nodeKind = iota
	nodeString
	nodeID
	nodeOperator // one or two args
	nodeCall
	nodeArray
)

// parseExpression reads an expression: numbers, ids, strings, + - * / ^,
// comparisons, AND and OR, parentheses, arrays, and calls of functions.
func parseExpression(text string) (*node, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("it has more than %d characters", maxExpression)
	}
	p := parser{text: text}
	p.next()
	n, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if p.token != "" {
		return nil, fmt.Errorf("unexpected %q", p.token)
	}
	return n, nil
}

// parser goes over an expression, one token ahead.
type parser struct {
	text  string
	at    int
	token string // empty at the end
	depth int
}

// next reads the next token.
func (p *parser) next() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	rest := p.text[p.at:]
	n := 0
	switch {
	case rest == "":
	case wordByte(rest[0]) || rest[0] == '.':
		for n < len(rest) && (wordByte(rest[n]) || rest[n] == '.') {
			n++
		}
		// 1e-3 is one token.
		if digit(rest[0]) && n < len(rest)-1 && (rest[n-1] == 'e' || rest[n-1] == 'E') && (rest[n] == '-' || rest[n] == '+') {
			n++
			for n < len(rest) && digit(rest[n]) {
				n++
			}
		}
	case rest[0] == '"' || rest[0] == '\'':
		n = strings.IndexByte(rest[1:], rest[0]) + 2
		if n < 2 {
			n = len(rest)
		}
	case len(rest) > 1 && operator(rest[:2]):
		n = 2
	default:
		n = 1
	}
	p.token = rest[:n]
	p.at += n
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

func wordByte(b byte) bool {
	return digit(b) || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_'
}

func operator(s string) bool {
	switch s {
	case "==", "!=", "<=", ">=", "&&", "||":
		return true
	}
	return false
}

// binding is how strongly a token binds as an operator between two values; 0:
// it is none.
func binding(token string) int {
	switch token {
	case "||", "OR":
		return 1
	case "&&", "AND":
		return 2
	case "==", "!=", "<", "<=", ">", ">=":
		return 3
	case "+", "-":
		return 4
	case "*", "/":
		return 5
	case "^":
		return 6
	}
	return 0
}

// binary reads values joined by operators that bind more strongly than least.
func (p *parser) binary(least int) (*node, error) {
	left, err := p.unary()
	if err != nil {
		return nil, err
	}
	for {
		op := p.token
		strength := binding(op)
		if strength <= least {
			return left, nil
		}
		p.next()
		right, err := p.binary(strength)
		if err != nil {
			return nil, err
		}
		left = &node{kind: nodeOperator, text: op, args: []*node{left, right}}
	}
}

func (p *parser) unary() (*node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return nil, errors.New("it is nested too deeply")
	}
	if p.token != "-" && p.token != "+" {
		return p.value()
	}
	op := p.token
	p.next()
	n, err := p.unary()
	if err != nil || op == "+" {
		return n, err
	}
	return &node{kind: nodeOperator, text: op, args: []*node{n}}, nil
}

func (p *parser) value() (*node, error) {
	token := p.token
	p.next()
	switch {
	case token == "":
		return nil, errors.New("it ends too early")
	case token == "(":
		n, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		return n, p.expect(")")
	case token == "[":
		args, err := p.list("]")
		return &node{kind: nodeArray, args: args}, err
	case token[0] == '"' || token[0] == '\'':
		if len(token) < 2 || token[len(token)-1] != token[0] {
			return nil, errors.New("a string has no end")
		}
		return &node{kind: nodeString, text: token[1 : len(token)-1]}, nil
	case digit(token[0]) || token[0] == '.':
		v, err := strconv.ParseFloat(token, 64)
		if err != nil || strings.ContainsAny(token, "xXpP_") {
			return nil, fmt.Errorf("%q is no number", token)
		}
		return &node{kind: nodeNumber, number: v}, nil
	case !wordByte(token[0]) || binding(token) > 0 || strings.Contains(token, "."):
		return nil, fmt.Errorf("unexpected %q", token)
	case p.token == "(":
		p.next()
		args, err := p.list(")")
		return &node{kind: nodeCall, text: strings.ToUpper(token), args: args}, err
	}
	return &node{kind: nodeID, text: token}, nil
}

// list reads values up to a token.
func (p *parser) list(end string) ([]*node, error) {
	var args []*node
	if p.token == end {
		p.next()
		return nil, nil
	}
	for {
		n, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		args = append(args, n)
		if p.token != "," {
			return args, p.expect(end)
		}
		p.next()
	}
}

func (p *parser) expect(token string) error {
	if p.token != token {
		return fmt.Errorf("%q is missing", token)
	}
	p.next()
	return nil
}

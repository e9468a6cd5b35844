package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// check finds what is wrong with the line, by the models and by what is known of the operation.
func (p *planning) check() {
	given := map[*models.Member]bool{}
	for i := range p.options {
		w := &p.options[i]
		w.option = find(p.op, w.word)
		if w.option == nil {
			p.checkUnknown(*w)
			continue
		}
		given[w.option.Member] = true
		p.checkOption(*w)
	}
	p.checkRequired(given)
	p.checkQuery()
	p.checkOperation(given)
}

// ownOptions are those of the command itself.
var ownOptions = []string{"max-items", "page-size", "starting-token", "cli-input-json", "cli-input-yaml", "generate-cli-skeleton"}

func (p *planning) checkUnknown(w written) {
	name, _, _ := strings.Cut(strings.TrimPrefix(w.word.Text, "--"), "=")
	if slices.Contains(ownOptions, name) || !w.word.Known {
		return
	}
	var names []string
	for _, o := range bind.Options(p.op) {
		names = append(names, o.Name)
	}
	operation := bind.CommandOf(p.service.Name) + " " + bind.Dashed(p.op.Name)
	near := bind.Nearest(name, names)
	if near == "" {
		p.Find(procedures.SeverityError, "aws-option", w.word, nil, "%s has no option --%s.", operation, name)
		return
	}
	p.Find(procedures.SeverityError, "aws-option", w.word, map[int]string{p.Index(w.word): "--" + near}, "%s has no option --%s; --%s is one.", operation, name, near)
}

func (p *planning) checkRequired(given map[*models.Member]bool) {
	if slices.ContainsFunc(p.options, func(w written) bool {
		name := strings.TrimPrefix(w.word.Text, "--")
		return slices.Contains(ownOptions[3:], name)
	}) || slices.ContainsFunc(p.Words, func(w procedures.Word) bool {
		return !w.Known && (w.Split || strings.Contains(w.Text, "[@]")) && strings.HasPrefix(w.Text, "$") && p.isOperand(w)
	}) {
		return
	}
	var missing []string
	for _, o := range bind.Options(p.op) {
		if o.Required && !given[o.Member] {
			missing = append(missing, "--"+o.Name)
		}
	}
	if len(missing) > 0 {
		p.Find(procedures.SeverityError, "aws-required", p.Words[0], nil, "%s %s wants %s as well.", bind.CommandOf(p.service.Name), bind.Dashed(p.op.Name), strings.Join(missing, ", "))
	}
}

// isOperand reports whether an unknown word stands where options may come out of it: ${OPTIONS}.
func (p *planning) isOperand(w procedures.Word) bool {
	return slices.ContainsFunc(p.params, func(x procedures.Word) bool { return x.Line == w.Line && x.Col == w.Col })
}

func (p *planning) checkOption(w written) {
	o := w.option
	if o.Member == nil {
		return
	}
	s := o.Member.Shape
	if o.Boolean() {
		return
	}
	if len(w.values) == 0 && s.Type != models.TypeList {
		p.Find(procedures.SeverityError, "aws-value", w.word, nil, "--%s wants a value.", o.Name)
		return
	}
	for _, v := range w.values {
		if strings.HasPrefix(v.Text, "file://") || strings.HasPrefix(v.Text, "fileb://") {
			if v.Known {
				_, name, _ := strings.Cut(v.Text, "://")
				p.Info.Reads = append(p.Info.Reads, name)
			}
			continue
		}
		p.checkValue(o, s, v)
	}
}

func (p *planning) checkValue(o *bind.Option, s *models.Shape, v procedures.Word) {
	if s.Type == models.TypeList {
		if strings.HasPrefix(strings.TrimSpace(v.Text), "[") {
			return
		}
		element := s.Element.Shape
		if parts := strings.Split(v.Text, ","); v.Known && len(parts) > 1 && len(element.Enum) > 0 && !slices.Contains(element.Enum, v.Text) && slices.ContainsFunc(parts, func(x string) bool { return slices.Contains(element.Enum, x) }) {
			p.Find(procedures.SeverityError, "aws-enum", v, map[int]string{p.Index(v): strings.Join(parts, " ")}, "%s is one value to AWS, and not one that --%s takes: separate the values with spaces: %s.", v.Text, o.Name, strings.Join(parts, " "))
			return
		}
		p.checkValue(o, element, v)
		return
	}
	switch s.Type {
	case models.TypeString:
		p.checkString(o.Name, s, v, v.Text, func(text string) map[int]string { return map[int]string{p.Index(v): text} })
	case models.TypeInteger, models.TypeLong:
		if _, err := strconv.ParseInt(v.Text, 10, 64); v.Known && err != nil {
			p.Find(procedures.SeverityError, "aws-number", v, nil, "--%s wants a whole number, not %s.", o.Name, v.Text)
		}
	case models.TypeFloat, models.TypeDouble:
		if _, err := strconv.ParseFloat(v.Text, 64); v.Known && err != nil {
			p.Find(procedures.SeverityError, "aws-number", v, nil, "--%s wants a number, not %s.", o.Name, v.Text)
		}
	case models.TypeStructure:
		p.checkShorthand(o, s, v)
	}
}

// checkString checks a text against its enum and its pattern. replace makes the correction.
func (p *planning) checkString(name string, s *models.Shape, v procedures.Word, text string, replace func(string) map[int]string) {
	if !v.Known {
		return
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
		near := bind.Nearest(text, s.Enum)
		allowed := strings.Join(s.Enum[:min(12, len(s.Enum))], ", ")
		if len(s.Enum) > 12 {
			allowed += ", …"
		}
		if near != "" {
			p.Find(procedures.SeverityError, "aws-enum", v, replace(near), "%s is no value of %s; AWS takes %s.", text, name, allowed)
		} else {
			p.Find(procedures.SeverityError, "aws-enum", v, nil, "%s is no value of %s; AWS takes %s.", text, name, allowed)
		}
		return
	}
	if s.Max != nil && float64(len([]rune(text))) > *s.Max {
		p.Find(procedures.SeverityError, "aws-length", v, nil, "%s is longer than the %d characters that %s may have.", text, int(*s.Max), name)
	}
}

// shorthandPair splits Key=value,Key2=value at the top level, as far as the text is known.
var shorthandPair = regexp.MustCompile(`(?:^|,)([A-Za-z][A-Za-z0-9]*)=([^,\[\]{}]*)`)

// checkShorthand checks the keys and the enums of Key=value,… against the structure.
func (p *planning) checkShorthand(o *bind.Option, s *models.Shape, v procedures.Word) {
	text := v.Text
	if strings.HasPrefix(strings.TrimSpace(text), "{") || strings.HasPrefix(strings.TrimSpace(text), "$") {
		return
	}
	if v.Known && !strings.Contains(text, "=") {
		p.Find(procedures.SeverityError, "aws-shorthand", v, nil, "--%s wants %s, not %s.", o.Name, shape(s), text)
		return
	}
	var given []string
	for _, m := range shorthandPair.FindAllStringSubmatch(text, -1) {
		key, value := m[1], m[2]
		given = append(given, key)
		member := s.Member(key)
		if member == nil {
			p.unknownKey(o, s, v, key)
			return
		}
		if len(member.Shape.Enum) > 0 && v.Known && value != "" && !slices.Contains(member.Shape.Enum, value) {
			p.wrongEnum(o, s, v, key, value, member)
			return
		}
	}
	for _, required := range s.Required {
		if !slices.Contains(given, required) {
			p.Find(procedures.SeverityError, "aws-shorthand", v, nil, "--%s wants %s as well: %s.", o.Name, required, shape(s))
			return
		}
	}
}

// shape says what a structure takes: Type=DIMENSION|TAG,Key=string.
func shape(s *models.Shape) string {
	var parts []string
	for _, m := range s.Members {
		what := m.Shape.Type
		if n := len(m.Shape.Enum); n > 0 && n < 6 {
			what = strings.Join(m.Shape.Enum, "|")
		}
		parts = append(parts, m.Name+"="+what)
	}
	return strings.Join(parts[:min(6, len(parts))], ",")
}

func (p *planning) unknownKey(o *bind.Option, s *models.Shape, v procedures.Word, key string) {
	var names []string
	for _, m := range s.Members {
		names = append(names, m.Name)
	}
	near := ""
	for _, n := range names { // Start stands for StartDate
		if strings.HasPrefix(strings.ToLower(n), strings.ToLower(key)) {
			near = n
			break
		}
	}
	if near == "" {
		near = bind.Nearest(key, names)
	}
	if near == "" {
		p.Find(procedures.SeverityError, "aws-shorthand", v, nil, "--%s has no %s; AWS takes %s.", o.Name, key, strings.Join(names, ", "))
		return
	}
	fixed := regexp.MustCompile(`(^|,|["'])`+regexp.QuoteMeta(key)+`=`).ReplaceAllString(v.Source, "${1}"+near+"=")
	p.Find(procedures.SeverityError, "aws-shorthand", v, map[int]string{p.Index(v): fixed}, "--%s has no %s; AWS takes %s.", o.Name, key, strings.Join(names, " and "))
}

// dimensions of Cost Explorer, whose values people write where the type belongs.
var dimension = regexp.MustCompile(`^[A-Z_]+$`)

// wrongEnum corrects Type=SERVICE to Type=DIMENSION,Key=SERVICE: a value that is none of the enum is
// taken for that of the structure's free member, where it has one.
func (p *planning) wrongEnum(o *bind.Option, s *models.Shape, v procedures.Word, key, value string, member *models.Member) {
	free := ""
	for _, m := range s.Members {
		if m.Name != key && m.Shape.Type == models.TypeString && len(m.Shape.Enum) == 0 {
			free = m.Name
		}
	}
	allowed := strings.Join(member.Shape.Enum, ", ")
	var fix map[int]string
	switch near := bind.Nearest(value, member.Shape.Enum); {
	case near != "":
		fix = map[int]string{p.Index(v): strings.Replace(v.Source, key+"="+value, key+"="+near, 1)}
	case free != "" && !strings.Contains(v.Text, free+"=") && dimension.MatchString(value) && len(s.Members) == 2:
		fix = map[int]string{p.Index(v): strings.Replace(v.Source, key+"="+value, key+"="+member.Shape.Enum[0]+","+free+"="+value, 1)}
	}
	p.Find(procedures.SeverityError, "aws-shorthand", v, fix, "%s is no %s of --%s; AWS takes %s: %s.", value, key, o.Name, allowed, shape(s))
}

// checkQuery compiles --query and looks its members up in the output.
func (p *planning) checkQuery() {
	w, ok := p.globals["query"]
	if !ok || !w.Known {
		return
	}
	q, err := document.Compile(w.Text)
	if err != nil {
		p.Find(procedures.SeverityError, "query", w, nil, "--query is no JMESPath: %s.", firstLine(err.Error()))
		return
	}
	if p.op.Output == nil {
		return
	}
	c := &queryCheck{}
	c.walk(q.Root(), p.op.Output)
	if c.unknown != "" {
		fixed := map[int]string(nil)
		if c.near != "" {
			fixed = map[int]string{p.Index(w): regexp.MustCompile(`\b`+regexp.QuoteMeta(c.unknown)+`\b`).ReplaceAllString(w.Source, c.near)}
		}
		p.Find(procedures.SeverityError, "query-member", w, fixed, "%s has no member %s%s.", c.within, c.unknown, orNearest(c.near, c.members))
	}
	if list := knowledge.Of(p.service.Name, p.op.Name).Unordered; list != "" && c.first == list {
		key := sortKey(p.op.Output, list)
		sorted := map[int]string{p.Index(w): strings.Replace(w.Source, list+"[0]", "sort_by("+list+", &"+key+")[-1]", 1)}
		p.Find(procedures.SeverityWarning, "unordered", w, sorted, "%s[0] is any one of them: AWS does not promise an order. Sort first, such as sort_by(%s, &%s)[-1].", list, list, key)
	}
}

func orNearest(near string, members []string) string {
	if near != "" {
		return "; " + near + " is one"
	}
	return "; it has " + strings.Join(members[:min(8, len(members))], ", ")
}

func sortKey(output *models.Shape, list string) string {
	m := output.Member(list)
	if m == nil || m.Shape.Element == nil {
		return "Timestamp"
	}
	for _, inner := range m.Shape.Element.Shape.Members {
		if inner.Shape.Type == models.TypeTimestamp {
			return inner.Name
		}
	}
	return "Timestamp"
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSuffix(line, ":")
}

// queryCheck walks a query beside the shape of what it is asked of.
type queryCheck struct {
	unknown, within, near string
	members               []string
	first                 string // the list of which [0] is taken
}

func listOf(s *models.Shape) *models.Shape {
	if s == nil {
		return nil
	}
	return &models.Shape{Type: models.TypeList, Element: &models.Member{Shape: s}}
}

func elementOf(s *models.Shape) *models.Shape {
	if s == nil || s.Element == nil {
		return nil
	}
	return s.Element.Shape
}

// walk returns the shape of what a node gives, nil where it is not known.
func (c *queryCheck) walk(n *document.Node, s *models.Shape) *models.Shape {
	if s == nil || c.unknown != "" {
		return nil
	}
	switch n.Kind {
	case document.NodeField:
		return c.field(n, s)
	case document.NodeSub, document.NodePipe, document.NodeIndexed:
		at := s
		for i, child := range n.Children {
			if n.Kind == document.NodeIndexed && i == 1 && child.Kind == document.NodeIndex && n.Children[0].Kind == document.NodeField {
				c.first = n.Children[0].Name
			}
			at = c.walk(child, at)
		}
		return at
	case document.NodeIndex:
		return elementOf(s)
	case document.NodeSlice, document.NodeCurrent, document.NodeIdentity:
		return s
	case document.NodeProjection, document.NodeFilter:
		element := elementOf(c.walk(n.Children[0], s))
		if n.Kind == document.NodeFilter {
			c.walk(n.Children[2], element)
		}
		return listOf(c.walk(n.Children[1], element))
	case document.NodeFlatten:
		l := c.walk(n.Children[0], s)
		if inner := elementOf(l); inner != nil && inner.Type == models.TypeList {
			return inner
		}
		return l
	case document.NodeFunction:
		return c.function(n, s)
	case document.NodeLiteral, document.NodeReference:
		return nil
	}
	for _, child := range n.Children {
		c.walk(child, s)
	}
	return nil
}

func (c *queryCheck) field(n *document.Node, s *models.Shape) *models.Shape {
	switch s.Type {
	case models.TypeMap:
		return s.Value.Shape
	case models.TypeStructure:
		if m := s.Member(n.Name); m != nil {
			return m.Shape
		}
		if s.Document || len(s.Members) == 0 || n.Name == "NextToken" {
			return nil
		}
		c.unknown, c.within = n.Name, s.Name
		for _, m := range s.Members {
			c.members = append(c.members, m.Name)
		}
		c.near = bind.Nearest(n.Name, c.members)
	}
	return nil
}

func (c *queryCheck) function(n *document.Node, s *models.Shape) *models.Shape {
	var first *models.Shape
	for i, arg := range n.Children {
		if arg.Kind == document.NodeReference {
			c.walk(arg.Children[0], elementOf(first))
			continue
		}
		if shape := c.walk(arg, s); i == 0 {
			first = shape
		}
	}
	switch n.Name {
	case "sort_by", "reverse", "sort":
		return first
	case "max_by", "min_by":
		return elementOf(first)
	}
	return nil
}

// checkOperation says what is known of the operation besides its model.
func (p *planning) checkOperation(given map[*models.Member]bool) {
	entry := knowledge.Of(p.service.Name, p.op.Name)
	has := func(name string) bool { return p.op.Input.Member(name) != nil && given[p.op.Input.Member(name)] }
	at := p.Words[0]
	switch p.service.Name + " " + p.op.Name {
	case "cloudwatch DescribeAlarms":
		if !has("AlarmTypes") && !has("AlarmNames") && !has("AlarmNamePrefix") && p.waiter == nil {
			p.Find(procedures.SeverityNote, "composite-alarms", at, p.longer("--alarm-types MetricAlarm CompositeAlarm"), "This leaves composite alarms out; --alarm-types MetricAlarm CompositeAlarm has both.")
		}
	case "cloudwatch GetMetricStatistics":
		if !has("Dimensions") && p.value("namespace") == "AWS/Lambda" {
			p.Find(procedures.SeverityNote, "no-dimensions", at, nil, "Without --dimensions %s is one number for all functions together.", p.value("metric-name"))
		} else if namespace := p.value("namespace"); !has("Dimensions") && (namespace == "AWS/S3" || namespace == "AWS/DynamoDB" || namespace == "AWS/ApiGateway") {
			p.Find(procedures.SeverityWarning, "no-dimensions", at, nil, "%s has no %s without dimensions: there will be no datapoints.", namespace, p.value("metric-name"))
		}
	case "dynamodb UpdateTable":
		if has("ProvisionedThroughput") && !has("BillingMode") {
			p.Find(procedures.SeverityWarning, "billing-mode", at, p.longer("--billing-mode PROVISIONED"), "A table that is on demand refuses this: it needs --billing-mode PROVISIONED beside it, and a table that is UPDATING refuses it, too.")
		}
	case "cloudtrail LookupEvents":
		if !has("MaxResults") {
			break // the pages are read to their end, and the window is asked for
		}
		p.Find(procedures.SeverityNote, "lookup-events", at, nil, "This looks up one attribute, in one region, of the last 90 days; at most 50 events come in one answer.")
	case "apigateway UpdateStage":
		p.checkStage()
	}
	if p.op.Deprecated {
		p.Find(procedures.SeverityNote, "deprecated", at, nil, "AWS has deprecated %s. %s", bind.Dashed(p.op.Name), p.op.DeprecatedMsg)
	}
	if entry.Slow && entry.Effect == procedures.EffectChange {
		p.Find(procedures.SeverityNote, "asynchronous", at, nil, "%s answers before it is done: wait for the result before going on.", bind.Dashed(p.op.Name))
	}
}

// longer adds an option behind the line's last word.
func (p *planning) longer(option string) map[int]string {
	last := len(p.Words) - 1
	return map[int]string{last: p.Words[last].Source + " " + option}
}

// value is the known text of an option, "" otherwise.
func (p *planning) value(name string) string {
	for _, w := range p.options {
		if w.option != nil && w.option.Name == name && len(w.values) > 0 && w.values[0].Known {
			return w.values[0].Text
		}
	}
	return ""
}

var stagePath = regexp.MustCompile(`path=(/[^,]*)`)

// checkStage checks the paths of a stage's patch operations: throttling stands under /*/*/throttling/.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
func (p *planning) checkStage() {
	fix, wrong := map[int]string{}, []string{}
	var at procedures.Word
	for _, w := range p.options {
		if w.option == nil || w.option.Name != "patch-operations" {
			continue
		}
		for _, v := range w.values {
			m := stagePath.FindStringSubmatch(v.Text)
			if m == nil || !strings.HasPrefix(m[1], "/throttle/") && !strings.HasPrefix(m[1], "/throttling/") {
				continue
			}
			name := m[1][strings.LastIndexByte(m[1], '/')+1:]
			fixed := "/*/*/throttling/" + name
			fix[p.Index(v)] = "'" + strings.Trim(strings.Replace(v.Source, m[1], fixed, 1), "'\"") + "'"
			if len(wrong) == 0 {
				at = v
			}
			wrong = append(wrong, fmt.Sprintf("%s (should be %s)", m[1], fixed))
		}
	}
	if len(wrong) > 0 {
		p.Find(procedures.SeverityError, "stage-path", at, fix, "A stage has no %s. An account's default quotas are a rate of 10,000 and a burst of 5,000.", strings.Join(wrong, " and no "))
	}
}

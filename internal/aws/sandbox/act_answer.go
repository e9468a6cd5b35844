package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// answer is the output of an operation that is about resources.
func (a *act) answer(r *request, all []*view) (*document.Object, error) {
	if r.op.Output == nil {
		return nil, nil
	}
	if a.wraps != nil {
		return shapedOutput(r, a.wraps(all, r)), nil
	}
	if a.at == "" {
		if a.bare || len(all) == 0 {
			return &document.Object{}, nil
		}
		return shapedOutput(r, all[0].doc), nil
	}
	m := r.op.Output.Member(a.at)
	if m.Shape.Type != models.TypeList {
		if len(all) == 0 {
			return &document.Object{}, nil
		}
		return shapedOutput(r, obj(a.at, a.one(all[0]))), nil
	}
	page, token, err := a.page(r, all)
	if err != nil {
		return nil, err
	}
	out := obj(a.at, list(page, a.one))
	if p := r.service.Paginators[r.operation]; p != nil && token != nil {
		out.Set(strings.Split(p.OutputToken[0], " ")[0], token)
	}
	return shapedOutput(r, out), nil
}

// one is what an answer has of a resource.
func (a *act) one(v *view) any {
	if a.pick != "" {
		return v.text(a.pick)
	}
	return v.doc
}

// shapedOutput is an answer with what its shape has.
func shapedOutput(r *request, out *document.Object) *document.Object {
	shaped, _ := shaped(r.op.Output, out).(*document.Object)
	return shaped
}

// page cuts the resources as the model's paginator says.
func (a *act) page(r *request, all []*view) ([]*view, any, error) {
	p := r.service.Paginators[r.operation]
	if p == nil {
		return all, nil, nil
	}
	wrong := *serviceErrorOf(livingOf(r.service.Name).token, "")
	return cut(r, all, paging{p.InputToken[0], p.LimitKey, 100, wrong})
}

// filter leaves the resources that the input's filters name.
func (a *act) filter(r *request, all []*view) ([]*view, error) {
	for name, path := range a.only {
		if want := namedBy(r.input, name); len(want) > 0 {
			all = matching(all, path, want)
		}
	}
	for _, filters := range []string{"Filters", "filters", "Filter"} {
		for _, f := range objects(r.input, filters) {
			name := text(f, "Name") + text(f, "name") + text(f, "Key") + text(f, "key")
			path, ok := a.only[name]
			if tag, isTag := strings.CutPrefix(name, "tag:"); isTag && a.only["tag"] != "" {
				path, ok = a.only["tag"]+"[?Key=='"+tag+"'].Value", true
			}
			if !ok {
				path, ok = a.memberFiltered(r, name)
			}
			if !ok {
				return nil, refuse(http.StatusNotImplemented, "SandboxNotImplemented",
					"the sandbox does not simulate the filter %s of %s %s; run it without, or on a real account",
					name, r.service.Name, r.operation)
			}
			all = matching(all, path, append(texts(f, "Values"), texts(f, "values")...))
		}
	}
	return all, nil
}

// memberFiltered is the member of a resource that a filter is named after: "association-id" is AssociationId, "instance-lifecycle" is
// InstanceLifecycle, "tag-key" is a tag's key.
func (a *act) memberFiltered(r *request, filter string) (path string, ok bool) {
	l := livingOf(r.service.Name)
	if l == nil || l.kinds[a.kind] == nil {
		return "", false
	}
	shape := l.kinds[a.kind].shapeOf(r.service.Name)
	if filter == "tag-key" && shape.Member("Tags") != nil {
		return "Tags[].Key", true
	}
	wanted := strings.NewReplacer("-", "", "_", "").Replace(filter)
	for _, m := range shape.Members {
		if strings.EqualFold(m.Name, wanted) && (m.Shape.Type == models.TypeString || m.Shape.Type == models.TypeBoolean) {
			return m.Name, true
		}
	}
	return "", false
}

// matching are the resources in which a query finds one of some texts. Stars in them stand for anything.
func matching(all []*view, path string, want []string) []*view {
	q, err := document.Compile(path)
	if err != nil {
		panic(err)
	}
	return slices.DeleteFunc(slices.Clone(all), func(v *view) bool {
		found, err := q.Search(v.doc)
		return err != nil || !slices.ContainsFunc(flat(found), func(has string) bool {
			return slices.ContainsFunc(want, func(w string) bool { return alike(w, has) })
		})
	})
}

// flat are the texts of a value, however deep in lists.
func flat(v document.Value) []string {
	switch t := v.(type) {
	case nil:
		return nil
	case string:
		return []string{t}
	case document.List:
		var out []string
		for _, inner := range t {
			out = append(out, flat(inner)...)
		}
		return out
	}
	return []string{document.PythonText(v)}
}

// alike compares a text with a pattern in which stars stand for anything.
func alike(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return strings.EqualFold(pattern, text)
	}
	if !strings.HasPrefix(text, parts[0]) || !strings.HasSuffix(text, parts[len(parts)-1]) {
		return false
	}
	for _, part := range parts {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}

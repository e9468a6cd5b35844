package runbook

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestKindsOfHeadings(t *testing.T) {
	for kind, headings := range map[headingKind][]string{
		headingScript: {
			"scripts/check.sh", "`./deploy.sh`", "3. ops/rotate.bash",
		},
		headingStep: {
			"Step 1: Drain", "🚀 Step 2 – Drain", "Phase A", "Part two", "**Stage 3**", "Paso 1", "Passo 2",
			"Schritt 1: Prüfen", "Étape 1 : arrêter", "Шаг 1. Остановить", "手順1", "ステップ２",
			"第一步", "步骤1", "1단계", "Krok 2", "Adım 3", "Section B", "The first step", "Steps 1–4",
		},
		headingRhythm: {
			"Daily", "Weekly maintenance", "Morning health check", "Backups (monthly)", "Täglicher Blick",
			"Revisión semanal", "Vérification hebdomadaire", "Еженедельные работы", "月次点検",
			"每周巡检", "주간 점검", "Every Monday (weekly, 1 h)", "Nightly",
		},
		headingChoice: {
			"Option A: console", "Method 2", "Approach B", "Path (b)", "Via the console", "If the queue is full",
			"Only if it hangs", "Alternative", "Variante 1", "Opción B", "Méthode 1", "Способ 2", "方法1",
			"방법 2", "Wenn es hängt", "Option: console",
		},
		headingCase: {
			"Scenario 3", "Issue: it hangs", "P1 – down", "SEV-2", "RB-001 Queue", "Alarm: errors", "\"Access denied\"",
			"❌ Backend", "“Refused”", "Fehler 3", "Сценарий 2", "シナリオ1", "Problem 4", "Error: no space",
			"Playbook: queue",
		},
		headingPreparation: {
			"Prerequisites", "1. Prerequisites", "Setup", "Set up your environment", "Before you begin", "Required access",
			"Configuration", "Pre-flight checks", "Environment variables", "Voraussetzungen", "Prérequis", "Requisitos",
			"Prerequisitos", "Предварительные условия", "前提条件", "准备工作", "사전 준비",
			"Install the tools", "Access", "Vorbereitung", "Pré-requisitos", "Wymagania", "Gereksinimler",
		},
		headingAside: {
			"Troubleshooting", "🐛 Common issues", "FAQ", "Appendix A", "References", "Useful commands", "Monitoring",
			"Security", "Cost", "Fehlersuche", "Anhang", "Dépannage", "Preguntas frecuentes",
			"トラブルシューティング", "よくある質問", "故障排除", "문제 해결", "Cheat sheet",
			"Known issues",
		},
		headingPhase: {
			"Overview", "Symptoms", "Diagnose", "Investigate the pool", "Mitigation", "Fix", "Deploy", "Verify",
			"Verify the rollback", "Rollback", "Cleanup", "Escalation", "Post-incident review", "When to use",
			"Monitor recovery", "Diagnose der Ursache", "Überprüfung", "Vérification", "Verificación", "Проверка",
			"検証", "回滚", "롤백", "Root cause", "Steps", "Failover execution", "Roll back", "Immediate actions",
			"Summary",
		},
		headingCollection: {
			"Options for scripts", "Emergency procedures", "Rollback procedures", "Fleet operations", "User management",
			"Recovery scenarios & drills", "Aufgaben", "Tareas", "運用作業", "Diagnostic commands",
		},
		headingTask: {
			"Grow the cluster", "Deploy to production", "Database", "Restart the workers", "Neustart der Dienste",
			"Fix the pool of the shop whose name nobody knows", "Verify that each of the nodes has one disk", "再起動",
			"A plan", "People and alerts of ours", "Options", "Sections", "Failures", "Set up the dashboard",
		},
	} {
		for _, text := range headings {
			plain := strings.Trim(text, "*`")
			words, _ := bareHeading(plain)
			if got := headingKindOf(plain, words); got != kind {
				t.Errorf("%q (%q) is %d, want %d", text, words, got, kind)
			}
		}
	}
}

func TestWordsOfHeadings(t *testing.T) {
	for text, want := range map[string]struct {
		words    string
		numbered bool
	}{
		"1. Drain":            {"Drain", true},
		"🚀 2) Drain":          {"Drain", true},
		":rocket: 2a. Drain":  {"Drain", true},
		"2a Drain":            {"Drain", true},
		"1.2 Drain":           {"Drain", true},
		"(1.2) Drain":         {"Drain", true},
		"3 - Drain":           {"Drain", true},
		"1️⃣ Drain":           {"Drain", true},
		"① 停止":                {"停止", true},
		"３．停止":                {"停止", true},
		"1.Drain":             {"Drain", true},
		"A. Drain":            {"Drain", true},
		"IV. Drain":           {"Drain", true},
		"Drain {#drain}":      {"Drain", false},
		"3 nodes are down":    {"3 nodes are down", false},
		"2FA":                 {"2FA", false},
		"5":                   {"5", false},
		"🚀":                   {"🚀", false},
		"":                    {"", false},
		"- Drain":             {"Drain", false},
		"❌ Drain":             {"❌ Drain", false},
		"$QUEUE is full":      {"$QUEUE is full", false},
		"e\u0301tape":         {"étape", false},
		"1. 🚀 2. Drain":       {"Drain", true},
		"Step 1: Drain":       {"Step 1: Drain", false},
		"10:00 Drain the bus": {"10:00 Drain the bus", false},
	} {
		if words, numbered := bareHeading(text); words != want.words || numbered != want.numbered {
			t.Errorf("%q: %q, %t", text, words, numbered)
		}
	}
}

// TestHeadingWords reads heading_words.txt as a person would want it: each list is asked, and no line is there twice.
func TestHeadingWords(t *testing.T) {
	lists, err := readWordLists(headingWords)
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, k := range headingKinds {
		asked = append(asked, k.list)
	}
	for _, file := range []string{"together.go", "together_rule.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:fits|named)\("([\w-]+)"`).FindAllStringSubmatch(string(source), -1) {
			asked = append(asked, m[1])
		}
	}
	for _, name := range asked {
		if lists[name] == nil {
			t.Errorf("there is no list [%s]", name)
		}
	}
	for name := range lists {
		if !slices.Contains(asked, name) {
			t.Errorf("no rule asks [%s]", name)
		}
	}
	seen, list := map[string]bool{}, ""
	for line := range strings.Lines(headingWords) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") && lists[strings.Fields(strings.Trim(line, "[]"))[0]] != nil {
			list = line
			continue
		}
		if line != "" && !strings.HasPrefix(line, "#") && seen[list+line] {
			t.Errorf("%s has %q twice", list, line)
		}
		seen[list+line] = true
	}
	for text, want := range map[string]string{
		"word":                      "line 1 stands in no list",
		"[a]\n(":                    "line 2: error parsing regexp: missing closing ): `(`",
		"[a]\nx\n[a]\ny":            "line 3: [a] is there twice",
		"[a sideways]\nx":           "[a sideways]: there is no such place",
		"[a]\n(?!x)y":               "line 2: error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
		"# nothing\n\n[a before]\n": "",
	} {
		_, err := readWordLists(text)
		if got := errorText(err); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzWordsOf(f *testing.F) {
	f.Add("🚀 1. Step 2: x (5 min)")
	f.Add("1.2.3")
	f.Fuzz(func(t *testing.T, text string) {
		words, _ := bareHeading(text)
		if again, _ := bareHeading(words); strings.TrimSpace(text) != "" && words == "" && again == "" {
			t.Errorf("%q has no words left", text)
		}
		headingKindOf(text, words)
	})
}

package custom

import (
	"context"
	"fmt"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// recorderStatus is `aws configservice get-status`: awscli/customizations/configservice/getstatus.py.
type recorderStatus struct{}

func readRecorderStatus(args []string, known func(string) bool) error {
	_, err := (&bind.Command{}).Read(without(without(args, "configservice"), "get-status"), known)
	return err
}

// Describe implements Command.
func (recorderStatus) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	if err := readRecorderStatus(args, known); err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(procedures.PlannedCall{
		Command: "configservice get-status", Effect: procedures.EffectRead,
		Does:    "Reads whether AWS Config records, and how its last deliveries went.",
		Actions: []string{"config:DescribeConfigurationRecorderStatus", "config:DescribeDeliveryChannelStatus"},
	})
}

// Run implements Command: a recorder that is off or a delivery that failed fails the step.
func (recorderStatus) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	if err := readRecorderStatus(args, nil); err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "configservice get-status", procedures.EffectRead
	answer, err := ask(ctx, s, "config", "DescribeConfigurationRecorderStatus", &document.Object{})
	if err != nil {
		return 0, err
	}
	judged := &recorderJudgement{}
	w := s.Invocation.Stdout
	fmt.Fprint(w, "Configuration Recorders:\n\n")
	for _, recorder := range objects(answer, "ConfigurationRecordersStatus") {
		recording, _ := recorder.Get("recording")
		state := "OFF"
		if recording == true {
			state = "ON"
		}
		fmt.Fprintf(w, "name: %s\nrecorder: %s\n", recorder.Text("name"), state)
		judged.recorders++
		if recording == true {
			judged.last(s, recorder, "")
		} else {
			judged.wrong = append(judged.wrong, "the recorder "+recorder.Text("name")+" is off")
		}
		fmt.Fprintln(w)
	}
	if answer, err = ask(ctx, s, "config", "DescribeDeliveryChannelStatus", &document.Object{}); err != nil {
		return 0, err
	}
	fmt.Fprint(w, "Delivery Channels:\n\n")
	for _, channel := range objects(answer, "DeliveryChannelsStatus") {
		fmt.Fprintf(w, "name: %s\n", channel.Text("name"))
		for _, kind := range []string{"stream", "history", "snapshot"} {
			v, _ := channel.Get("config" + procedures.Capital(kind) + "DeliveryInfo")
			if info, ok := v.(*document.Object); ok && info.Len() > 0 {
				judged.last(s, info, kind+" delivery ")
			}
		}
		fmt.Fprintln(w)
	}
	s.Call.RuleVerdict = judged.verdict()
	return 0, nil
}

// recorderJudgement gathers what is wrong.
type recorderJudgement struct {
	recorders int
	wrong     []string
}

// last prints how the last recording or delivery went.
func (j *recorderJudgement) last(s *session.Session, status *document.Object, name string) {
	state := status.Text("lastStatus")
	fmt.Fprintf(s.Invocation.Stdout, "last %sstatus: %s\n", name, state)
	if state == "FAILURE" {
		fmt.Fprintf(s.Invocation.Stdout, "error code: %s\nmessage: %s\n", status.Text("lastErrorCode"), status.Text("lastErrorMessage"))
	}
	if state == "FAILURE" || state == "Failure" {
		j.wrong = append(j.wrong, "the last "+name+"failed: "+orElse(status.Text("lastErrorMessage"), status.Text("lastErrorCode")))
	}
}

func (j *recorderJudgement) verdict() *procedures.Judgement {
	switch {
	case j.recorders == 0:
		return &procedures.Judgement{Verdict: procedures.NoData, Reason: "AWS Config has no recorder here."}
	case len(j.wrong) > 0:
		return &procedures.Judgement{Verdict: procedures.Failed, Reason: procedures.Capital(j.wrong[0]) + "."}
	}
	return &procedures.Judgement{Verdict: procedures.Passed, Reason: "AWS Config records, and delivers."}
}

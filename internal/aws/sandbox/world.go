package sandbox

import (
	"reflect"
	"time"
)

// accountID is the simulated account's: the one that AWS's own documentation uses.
const (
	accountID = "123456789012"
	region    = "us-east-1"
	estate    = "network-visualizer" // what the names of everything begin with
)

// world is everything that can change in the simulated account. It is stored as JSON in one row; what is not here is computed
// from the clock. Each service has a part of it.
type world struct {
	Version int       `json:"version"`
	Born    time.Time `json:"born"` // when it was made healthy last
	lambdaState
	dynamodbState
	cloudwatchState
	iamState
	apigatewayState
	s3State
	logsState
	cloudfrontState
	ecrState
	cloudtrailState
	livingState
	settingState
	gameState
	grownState
	Faults map[string]bool `json:"faults"`
	Serial int             `json:"serial"` // for ids
}

// worldVersion is raised when a stored world can no longer be read.
const worldVersion = 2

// newWorld is the healthy account: small, consistent, and as old as an account is after some years of use.
func newWorld(now time.Time) *world {
	now = now.UTC().Truncate(time.Second)
	w := &world{Version: worldVersion, Born: now}
	w.makeMaps()
	for _, s := range simulations() {
		if s.populate != nil {
			s.populate(w, now)
		}
	}
	return w
}

// settle makes what is over by now so.
func (w *world) settle(now time.Time) {
	for _, s := range simulations() {
		if s.settle != nil {
			s.settle(w, now)
		}
	}
}

// makeMaps makes the maps that are not there: a stored world may be older than one of them.
func (w *world) makeMaps() {
	all := reflect.ValueOf(w).Elem()
	for _, f := range reflect.VisibleFields(all.Type()) {
		if m := all.FieldByIndex(f.Index); f.Type.Kind() == reflect.Map && m.IsNil() {
			m.Set(reflect.MakeMap(f.Type))
		}
	}
}

// estateBegan is when the estate was made.
var estateBegan = time.Date(2023, 3, 14, 9, 26, 53, 0, time.UTC)

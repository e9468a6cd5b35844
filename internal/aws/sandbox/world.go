package sandbox

import (
	"fmt"
	"time"
)

// accountID is the simulated account's: the one that AWS's own documentation uses.
const (
	accountID = "123456789012"
	region    = "us-east-1"
	estate    = "network-visualizer" // what the names of everything begin with
)

// world is everything that can change in the simulated account. It is stored as
// JSON in one row; what is not here is computed from the clock.
type world struct {
	Version       int                  `json:"version"`
	Born          time.Time            `json:"born"` // when it was made healthy last
	Functions     map[string]*function `json:"functions"`
	Tables        map[string]*table    `json:"tables"`
	Backups       []*backup            `json:"backups"` // that callers made; see daily
	Deleted       map[string]bool      `json:"deleted"` // ARNs of daily backups
	Alarms        map[string]*alarm    `json:"alarms"`
	Changes       []alarmChange        `json:"changes"` // of alarms' states, since Born
	Boards        map[string]board     `json:"boards"`  // dashboards by name
	Report        reportState          `json:"report"`
	Stages        map[string]*stage    `json:"stages"` // by REST API id and stage name, "a1b2c3d4e5/prod"
	Buckets       map[string]*bucket   `json:"buckets"`
	Uploads       map[string]*upload   `json:"uploads"`
	Blobs         map[string][]byte    `json:"blobs"` // what was uploaded, by hash
	Invalidations []*invalidation      `json:"invalidations"`
	Trail         []trailEvent         `json:"trail"` // the changes made by callers, oldest first
	Faults        map[string]bool      `json:"faults"`
	Serial        int                  `json:"serial"` // for ids
}

// worldVersion is raised when a stored world can no longer be read.
const worldVersion = 2

type function struct {
	Name, Runtime, Handler, Role, Description string
	Memory, Timeout, Storage                  int64 // MB, seconds, MB
	CodeSize                                  int64 // bytes
	Variables                                 map[string]string
	Modified                                  time.Time
	SettledAt                                 time.Time // until then its update is in progress
	Revision                                  int
}

type table struct {
	Name                 string
	Created, SettledAt   time.Time
	Restoring            bool // being created from a backup until SettledAt
	Deleting             time.Time
	Capacity, Before     capacity // Before holds until SettledAt
	Items, Size          int64
	RestoredFrom         string      // the backup's ARN
	RestoredTable        string      // the ARN of the table that it was made of
	Switched             []time.Time // to on-demand
	DeletionProtection   bool
	Increased, Decreased time.Time // of the provisioned units, last
	DecreasesThen        int64     // on the day of the last decrease
}

type backup struct {
	Name, Table, ARN string
	Created          time.Time
	SettledAt        time.Time
	Items, Size      int64
	Capacity         capacity
	TableID          string
	TableCreated     time.Time
}

type alarm struct {
	Name, Description, Namespace, Metric, Statistic, Dimension, DimensionValue string
	Threshold                                                                  float64
	Period                                                                     int64 // seconds
	Evaluations                                                                int64
	Operator                                                                   string
	State, Reason                                                              string
	Updated, Configured                                                        time.Time
}

type alarmChange struct {
	Alarm, From, To, Reason string
	At                      time.Time
}

type board struct {
	Body string
	Put  time.Time
}

type reportState struct {
	Asked time.Time // zero when no report was asked for
}

type stage struct {
	API, Name, Description string
	Methods                map[string]throttling // by method, "*/*" for all
	Variables              map[string]string
	Tracing                bool
	Updated, Created       time.Time
}

type throttling struct {
	Burst int64
	Rate  float64 // requests a second
}

type bucket struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	// Location is its region where that is not the first one.
	Location string             `json:"location,omitempty"`
	Policy   string             `json:"policy,omitempty"`
	Objects  map[string]*object `json:"objects"`
}

// object is one of a bucket.
type object struct {
	Size     int64             `json:"size"`
	Modified time.Time         `json:"modified"`
	ETag     string            `json:"etag"`
	Parts    int64             `json:"parts,omitempty"` // of the upload that it came in; 0 for a single one
	Class    string            `json:"class,omitempty"`
	About    map[string]string `json:"about,omitempty"` // "ContentType" and the like
	Meta     map[string]string `json:"meta,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Pieces   []piece           `json:"pieces,omitempty"` // the content
}

type upload struct {
	Bucket, Key string
	Begun       time.Time
	Object      object // what was said about it at the beginning
	Parts       map[int64]*object
}

type trailEvent struct {
	Name, Source, User, Resource, Type string
	At                                 time.Time
	ReadOnly                           bool
}

// newWorld is the healthy account: small, consistent, and as old as an account is
// after some years of use.
func newWorld(now time.Time) *world {
	now = now.UTC().Truncate(time.Second)
	w := &world{Version: worldVersion, Born: now}
	w.makeMaps()
	deployed := now.Add(-6*24*time.Hour - 3*time.Hour)
	for _, f := range []struct {
		name            string
		memory, timeout int64
		size            int64
		about           string
	}{
		{"discovery", 1024, 300, 18_734_592, "Walks the accounts and records what it finds"},
		{"analysis", 2048, 600, 24_117_248, "Computes the topology from what discovery recorded"},
		{"api", 512, 30, 9_437_184, "Answers the web page's questions"},
	} {
		name := estate + "-" + f.name + "-production"
		w.Functions[name] = &function{
			Name: name, Runtime: "python3.12", Handler: f.name + ".handler", Role: fmt.Sprintf("arn:aws:iam::%s:role/%s-lambda", accountID, estate), Storage: 512, Description: f.about, Memory: f.memory, Timeout: f.timeout, CodeSize: f.size,
			Variables: map[string]string{"STAGE": "production", "TABLE_NAME": estate + "-topology"}, Modified: deployed, SettledAt: deployed.Add(20 * time.Second), Revision: 1,
		}
	}
	table := topology
	w.Tables[table.Name] = &table
	w.addAlarms(now)
	w.addStages(estateBegan)
	w.Boards[estate+"-production"] = board{oldBoard, now.AddDate(0, -4, 0)}
	w.addBuckets(now, estateBegan)
	return w
}

// makeMaps makes the maps that are not there.
func (w *world) makeMaps() {
	made(&w.Functions)
	made(&w.Tables)
	made(&w.Alarms)
	made(&w.Boards)
	made(&w.Stages)
	made(&w.Buckets)
	made(&w.Uploads)
	made(&w.Blobs)
	made(&w.Faults)
	made(&w.Deleted)
}

func made[T any](m *map[string]T) {
	if *m == nil {
		*m = map[string]T{}
	}
}

// topology is the estate's table as it was at first.
var topology = table{
	Name: estate + "-topology", Created: estateBegan, SettledAt: estateBegan.Add(time.Minute), Capacity: capacity{Read: 50, Write: 25}, Items: 48_211, Size: 13_002_342, DeletionProtection: true,
}

// estateBegan is when the estate was made.
var estateBegan = time.Date(2023, 3, 14, 9, 26, 53, 0, time.UTC)

// daily are the backups of the last week that the estate makes by itself, each at 02:30 UTC.
func (w *world) daily(now time.Time) []*backup {
	newest := time.Date(now.Year(), now.Month(), now.Day(), 2, 30, 0, 0, time.UTC)
	if newest.After(now) {
		newest = newest.AddDate(0, 0, -1)
	}
	var out []*backup
	for day := 6; day >= 0; day-- {
		at := newest.AddDate(0, 0, -day)
		b := &backup{
			Name: "topology-daily-" + at.Format("20060102"), Table: topology.Name, ARN: backupARN(topology.Name, at), Created: at, SettledAt: at.Add(4 * time.Second),
			Items: topology.Items - int64(day)*131, Size: topology.Size - int64(day)*35_370, Capacity: topology.Capacity, TableID: topology.id(), TableCreated: topology.Created,
		}
		if !w.Deleted[b.ARN] {
			out = append(out, b)
		}
	}
	return out
}

func backupARN(table string, at time.Time) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s/backup/%014d-%08x", region, accountID, table, at.UnixMilli(), hash32(table, at.String()))
}

func (w *world) addAlarms(now time.Time) {
	configured := time.Date(2024, 5, 2, 11, 0, 0, 0, time.UTC)
	for _, a := range []alarm{
		{Name: estate + "-high-error-rate", Description: "More than 10 errors in five minutes", Namespace: "AWS/Lambda", Metric: "Errors", Statistic: "Sum", Dimension: "FunctionName", DimensionValue: estate + "-api-production", Threshold: 10, Period: 300, Evaluations: 1, Operator: "GreaterThanThreshold"},
		{Name: estate + "-api-latency", Description: "Slow answers", Namespace: "AWS/ApiGateway", Metric: "Latency", Statistic: "Average", Dimension: "ApiName", DimensionValue: estate + "-api-production", Threshold: 1000, Period: 300, Evaluations: 3, Operator: "GreaterThanThreshold"},
		{Name: estate + "-table-throttles", Description: "The table refuses reads", Namespace: "AWS/DynamoDB", Metric: "ReadThrottleEvents", Statistic: "Sum", Dimension: "TableName", DimensionValue: estate + "-topology", Threshold: 0, Period: 60, Evaluations: 5, Operator: "GreaterThanThreshold"},
		{Name: estate + "-discovery-duration", Description: "Discovery comes near its timeout", Namespace: "AWS/Lambda", Metric: "Duration", Statistic: "Maximum", Dimension: "FunctionName", DimensionValue: estate + "-discovery-production", Threshold: 240_000, Period: 300, Evaluations: 1, Operator: "GreaterThanOrEqualToThreshold"},
	} {
		a.State, a.Configured = "OK", configured
		a.Updated = now.Add(-50 * time.Hour).Truncate(time.Minute)
		a.Reason = fmt.Sprintf("Threshold Crossed: 1 out of the last 1 datapoints [0.0 (%s)] was not greater than the threshold (%.1f) (minimum 1 datapoint for ALARM -> OK transition).", a.Updated.Add(-5*time.Minute).Format("02/01/06 15:04:05"), a.Threshold)
		w.Alarms[a.Name] = &a
	}
}

// apiID is the REST API of the estate.
const apiID = "a1b2c3d4e5"

func (w *world) addStages(created time.Time) {
	for _, name := range []string{"prod", "staging"} {
		w.Stages[apiID+"/"+name] = &stage{API: apiID, Name: name, Methods: map[string]throttling{"*/*": {Burst: 5000, Rate: 10_000}}, Tracing: true, Created: created, Updated: created.AddDate(1, 0, 0)}
	}
}

func (w *world) addBuckets(now, created time.Time) {
	add := func(name, policy string) *bucket {
		b := &bucket{Name: name, Created: created, Policy: policy, Objects: map[string]*object{}}
		w.Buckets[name] = b
		return b
	}
	data := add(estate+"-data-production", privatePolicy(estate+"-data-production"))
	add(estate+"-data-production-backup", "")
	add(estate+"-logs-production", privatePolicy(estate+"-logs-production"))
	site := add(estate+"-site-production", "")
	put := func(b *bucket, key string, size int64, at time.Time, class, kind string) {
		b.Objects[key] = &object{Size: size, Modified: at, ETag: hash128(b.Name, key), Class: class, About: map[string]string{"ContentType": kind}, Pieces: []piece{{Seed: b.Name + "/" + key, Size: size}}}
	}
	for month := range 6 { // exports from before 2024, which nobody has removed
		at := time.Date(2023, time.Month(7+month), 1, 4, 10, 12, 0, time.UTC)
		put(data, "exports/"+at.Format("2006/01")+"/topology.json", 180_224+int64(month)*9_113, at, "STANDARD_IA", "application/json")
	}
	newest := now.Truncate(24 * time.Hour).Add(5*time.Hour + 2*time.Minute)
	if newest.After(now) {
		newest = newest.AddDate(0, 0, -1)
	}
	for day := range 14 { // fourteen at every hour of the day
		at := newest.AddDate(0, 0, day-13)
		put(data, "snapshots/"+at.Format("2006-01-02")+".json", 241_664+int64(day)*1_024, at, "STANDARD", "application/json")
	}
	put(data, "images/world map.png", 9_633_792, created.AddDate(0, 2, 3), "STANDARD", "image/png")
	put(site, "index.html", 4_182, now.AddDate(0, 0, -6), "STANDARD", "text/html")
	put(site, "assets/app.js", 312_904, now.AddDate(0, 0, -6), "STANDARD", "text/javascript")
}

func privatePolicy(bucket string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, bucket)
}

// oldBoard is the dashboard as somebody drew it once: with two of the alarms, and a latency that hides its worst.
var oldBoard = fmt.Sprintf(`{"start":"-PT3H","widgets":[{"type":"alarm","x":0,"y":0,"width":24,"height":3,"properties":{"title":"Alarms","alarms":[%[1]q,%[2]q]}},{"type":"metric","x":0,"y":3,"width":12,"height":6,"properties":{"title":"Latency of the API","region":%[3]q,"view":"timeSeries","period":300,"stat":"Average","metrics":[["AWS/ApiGateway","Latency","ApiName","%[4]s-api-production"]]}}]}`,
	alarmARN(estate+"-high-error-rate"), alarmARN(estate+"-api-latency"), region, estate)

package procedures

import "time"

// Token is what a program sends to say which one it is, as it is kept: without its secret.
type Token struct {
	// ID is random, and opens nothing. Name is unique among the tokens that have not ended.
	ID, Name string
	// Role is the token's one role of the configuration, empty where that has none. The rest bounds what the role allows: verbs, the worst
	// effect, environments and patterns of procedures. Empty lists are all, an empty effect is read.
	Role                            string
	Verbs, Environments, Procedures []string
	Effects                         Effect
	// By is the name of who made it, Maker their key as approvals keep it; empty for who answers for nothing in the portal.
	By, Maker string
	// Used is when it was used last, From from which address; zero for never. Times are exact to a millisecond.
	Made, Expires, Used time.Time
	From                string
}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"permitx/internal/app"
	"permitx/internal/store"
)

// What is used where nothing is said.
const (
	defaultListen     = "127.0.0.1:8080"
	defaultData       = "data"             // directory, below the working directory
	dataFile          = "permitx.db"       // in it
	defaultSeals      = "seal-keys"        // directory in it
	defaultCodes      = "certificate-keys" // directory in it
	defaultSalts      = "salts"            // directory in it
	defaultLogLevel   = "info"             // of debug, info, warn, error
	defaultLogFormat  = "text"             // of text, json
	defaultRate       = 0                  // requests a second from one caller; 0: no limit
	defaultDrain      = 10 * time.Second   // for requests in flight, when the server stops
	defaultServer     = "http://" + defaultListen
	defaultQueueLimit = app.DefaultQueueLimit // commands that may wait
)

// Bounds of what may be set.
const (
	rateMax       = 1_000_000
	queueLimitMin = 1
	queueLimitMax = 1_000_000
	drainMax      = 10 * time.Minute
)

const helpWidth = 110 // columns

// defaults are the named constants as the help texts and tags see them.
var defaults = kong.Vars{
	"listen": defaultListen, "data": "./" + defaultData, "seals": defaultSeals, "codes": defaultCodes, "salts": defaultSalts, "log_level": defaultLogLevel, "log_format": defaultLogFormat,
	"rate": strconv.Itoa(defaultRate), "drain": defaultDrain.String(), "server": defaultServer,
	"queue_limit": strconv.Itoa(defaultQueueLimit), "demo_listen": defaultDemoListen,
}

// databaseConfig says where a registry lies.
type databaseConfig struct {
	DatabaseURL string `env:"PERMITX_DATABASE_URL" placeholder:"URL" help:"PostgreSQL database, postgres://user@host/name. A password is better kept in the environment."`
	Data        string `env:"PERMITX_DATA" placeholder:"DIR" help:"Directory of the SQLite file permitx.db, where there is no --database-url. Default: ${data}."`
	SealKeys    string `env:"PERMITX_SEAL_KEYS" placeholder:"DIR" help:"Directory of the keys that seal the bids of auctions: kept outside the database, backed up apart from it. Default: ${seals}, in --data."`

	CertificateKeys string `env:"PERMITX_CERTIFICATE_KEYS" placeholder:"DIR" help:"Directory of the keys that make the codes of certificates: kept outside the database, backed up apart from it. Default: ${codes}, in --data."`
	Salts           string `env:"PERMITX_SALTS" placeholder:"DIR" help:"Directory of the salts by which the intake knows participants again: kept outside the database, backed up apart from it. Default: ${salts}, in --data."`
}

// codes are the keys of certificates' codes.
func (c databaseConfig) codes() *codeFolder {
	return &codeFolder{path: c.secrets(c.CertificateKeys, defaultCodes)}
}

// seals are the keys of sealed bids.
func (c databaseConfig) seals() sealFiles { return sealFiles(c.secrets(c.SealKeys, defaultSeals)) }

// secrets is the directory of a kind of secrets: the one that was given, or one in --data.
func (c databaseConfig) secrets(given, name string) string {
	return cmp.Or(given, filepath.Join(cmp.Or(c.Data, defaultData), name))
}

// problems are what is wrong with it.
func (c databaseConfig) problems() []error {
	var found []error
	if c.DatabaseURL != "" && !store.IsPostgres(c.DatabaseURL) {
		// The text of the URL would show the password.
		found = append(found, errors.New("--database-url must begin with postgres://; for a SQLite file give its directory as --data"))
	}
	if c.DatabaseURL != "" && c.Data != "" {
		found = append(found, errors.New("give --database-url or --data, not both (PERMITX_DATABASE_URL and PERMITX_DATA count too)"))
	}
	return found
}

// url is what store.Open takes.
func (c databaseConfig) url() string {
	switch {
	case c.DatabaseURL != "":
		return c.DatabaseURL
	case c.Data != "":
		return filepath.Join(c.Data, dataFile)
	}
	return filepath.Join(defaultData, dataFile)
}

// describe names the database without a password.
func (c databaseConfig) describe() string {
	if store.IsPostgres(c.url()) {
		return "PostgreSQL"
	}
	return "SQLite file " + c.url()
}

// exists fails when there is no such SQLite file: what only looks must not
// make one.
func (c databaseConfig) exists() error {
	if store.IsPostgres(c.url()) {
		return nil
	}
	if _, err := os.Stat(c.url()); err != nil {
		return fmt.Errorf("there is no registry: %w; name another place with --data or --database-url", err)
	}
	return nil
}

// logConfig says what is logged.
type logConfig struct {
	LogLevel  string `env:"PERMITX_LOG_LEVEL" enum:"debug,info,warn,error" default:"${log_level}" help:"Least level that is logged: ${enum}. Default: ${default}."`
	LogFormat string `env:"PERMITX_LOG_FORMAT" enum:"text,json" default:"${log_format}" help:"Form of a line of the log: ${enum}. Default: ${default}."`
}

func (c logConfig) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// serverConfig is what a running server is set to.
type serverConfig struct {
	Listen       string        `env:"PERMITX_LISTEN" placeholder:"HOST:PORT" default:"${listen}" help:"Address to listen on; port 0 takes any free one. Default: ${default}."`
	RateLimit    int           `env:"PERMITX_RATE_LIMIT" placeholder:"N" default:"${rate}" help:"Requests a second that one caller may send; more get a 429. 0 means no limit. Default: ${default}."`
	QueueLimit   int           `env:"PERMITX_QUEUE_LIMIT" placeholder:"N" default:"${queue_limit}" help:"Commands that may wait for the writer; more get a 503. Default: ${default}."`
	DrainTimeout time.Duration `env:"PERMITX_DRAIN_TIMEOUT" placeholder:"TIME" default:"${drain}" help:"Longest wait for requests in flight when the server stops. Default: ${default}."`

	queryTime time.Duration // that a query may take; 0: the default
}

func (c serverConfig) problems() []error {
	var found []error
	if _, port, err := net.SplitHostPort(c.Listen); err != nil {
		found = append(found, fmt.Errorf("--listen %q is not HOST:PORT, for example %s", c.Listen, defaultListen))
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		found = append(found, fmt.Errorf("--listen %q: %q is not a port", c.Listen, port))
	}
	if c.RateLimit < 0 || c.RateLimit > rateMax {
		found = append(found, fmt.Errorf("--rate-limit must be from 0 to %d requests a second", rateMax))
	}
	if c.QueueLimit < queueLimitMin || c.QueueLimit > queueLimitMax {
		found = append(found, fmt.Errorf("--queue-limit must be from %d to %d commands", queueLimitMin, queueLimitMax))
	}
	if c.DrainTimeout <= 0 || c.DrainTimeout > drainMax {
		found = append(found, fmt.Errorf("--drain-timeout must be more than 0 and at most %s", drainMax))
	}
	return found
}

// all joins what is wrong into one error, a line each.
func all(problems ...[]error) error { return errors.Join(slices.Concat(problems...)...) }

// unknownEnvironment are the variables that look like ours and set no flag of
// n: a slip in a name would otherwise start another database than was meant.
func unknownEnvironment(n *kong.Node, environment []string) []string {
	const ours, ofTests = "PERMITX_", "PERMITX_TEST_"
	known := flagVariables(n)
	var found []string
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, ours) && !strings.HasPrefix(name, ofTests) && !slices.Contains(known, name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// flagVariables are the variables that set flags of n and of what is below it.
func flagVariables(n *kong.Node) []string {
	var names []string
	for _, f := range n.Flags {
		names = append(names, f.Tag.Envs...)
	}
	for _, child := range n.Children {
		names = append(names, flagVariables(child)...)
	}
	return names
}

package rulebook

import (
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// Known says what is recorded: nothing, that it is so, or that it is not.
type Known int8

// What may be recorded.
const (
	Unrecorded Known = iota
	IsSo
	IsNot
)

// Source is a kind of source of pollution.
type Source string

// The kinds of sources, as 国办发〔2014〕38号 tells them apart.
const (
	Industrial   Source = "industrial"
	Agricultural Source = "agricultural"
	Household    Source = "household"
	ThermalPower Source = "thermal_power" // also captive plants; not the heat part of a combined plant
)

// isIndustry reports whether a source is one of industry.
func (s Source) isIndustry() bool { return s == Industrial || s == ThermalPower }

// Site is what is recorded of a licence for one pollutant on one day.
type Site struct {
	Monitor         Known
	TaskDone        Known
	ForGovernment   bool // the surplus is needed for the region's reduction task
	ForGovernmentBy string
	Source          Source // "": not recorded
	Basin           string
	Approved        string // a basin that it may trade with, by ApprovedBy
	ApprovedBy      string
	Zone            string
	Forbids         string // the document by which its zone does not admit its industry; "" where it does
	Right           quantity.Quantity
	IdleSince       calendar.Date // 0: not declared idle
	MonitorBy       string        // documents of what is recorded
	TaskBy          string
	SourceBy        string
}

// SiteOf reads a licence's facts for a pollutant on a day. Facts are in the
// order of their ids.
func SiteOf(facts []Fact, pollutant string, on calendar.Date) (s Site, industry string) {
	if len(facts) == 0 { // the usual case
		return s, ""
	}
	get := func(kind Kind) (value, document string) {
		if f := newest(facts, kind, pollutant, on); f != nil {
			return f.Value, f.Document
		}
		return "", ""
	}
	known := func(kind Kind, yes string) (Known, string) {
		switch v, document := get(kind); v {
		case "":
			return Unrecorded, ""
		case yes:
			return IsSo, document
		default:
			return IsNot, document
		}
	}
	s.Monitor, s.MonitorBy = known(Monitor, Yes)
	s.TaskDone, s.TaskBy = known(ReductionTask, Done)
	needed, by := known(SurplusNeeded, Yes)
	s.ForGovernment, s.ForGovernmentBy = needed == IsSo, by
	source, by := get(SourceOf)
	s.Source, s.SourceBy = Source(source), by
	s.Basin, _ = get(BasinOf)
	s.Approved, s.ApprovedBy = get(BasinApproved)
	s.Zone, _ = get(ZoneOf)
	if v, _ := get(VerifiedRight); v != "" {
		s.Right, _ = quantity.ParseQuantity("value", v) // it was checked when it was recorded
	}
	if f := newest(facts, Idle, pollutant, on); f != nil && f.Value == Yes {
		s.IdleSince = f.ValidFrom
	}
	industry, _ = get(IndustryOf)
	return s, industry
}

// SourceOrDefault is the kind of source that is recorded or, without a record,
// that of the industry: agriculture is agricultural (GB/T 4754 divisions 01 to
// 05), class 4411 (火力发电) thermal power, everything else industrial (project
// default).
func (s *Side) SourceOrDefault() Source {
	switch {
	case s.Site.Source != "":
		return s.Site.Source
	case len(s.Industry) >= 2 && s.Industry[0] == '0' && s.Industry[1] >= '1' && s.Industry[1] <= '5':
		return Agricultural
	case strings.HasPrefix(s.Industry, "4411"):
		return ThermalPower
	}
	return Industrial
}

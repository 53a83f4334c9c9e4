// Package calendar has the days, months and working days of the exchange.
//
// # Terms
//
//   - A Date is a day in the market's zone. Terms, deadlines, months and
//     working days are dates.
//   - An Instant is a point in time in UTC, to the microsecond. Everything that
//     is stamped is an instant.
//   - A working day is a day from Monday to Friday that is no public holiday, or
//     a Saturday or Sunday that the yearly notice makes one (调休上班).
//
// # Invariants
//
//   - The package has no clock: whoever asks says what day it is.
//   - Working days are never guessed. A year counts only when the State
//     Council's notice for it has been entered; until then a question that
//     touches a day of that year is refused.
//
// # Sources
//
// Public holidays: 全国年节及纪念日放假办法 (国务院令第795号, since 2025-01-01 thirteen
// days a year, before eleven). Their dates and the make-up days: the yearly
// notice of the General Office of the State Council (国务院办公厅关于…年部分节假日安排的通知).
// Counting of periods: 民法典 art. 201 (the first day is not counted) and art. 203
// (a period that would end on a holiday ends after it).
package calendar

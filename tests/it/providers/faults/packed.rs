//! Compressed answers: read like plain ones, refused when they are damaged, cut off when they are bombs.

use spendtray::providers::PollError;

use super::super::conformance::unharmed;
use super::super::fixture::{Reply, cases};
use super::{Outcome, one_a_provider};
use crate::support::packed::{BOMB, BROTLI_BOMB, brotli, gzip, gzip_bomb};
use crate::support::vendor::Answer;

/// How an answer is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Brotli,
}

/// What happens to an answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Whole,
    /// Its second half is missing.
    Cut,
    /// Its last byte but eight is another one: the checksum, where there is one.
    Flipped,
    /// Something stands behind its end.
    Trailed,
}

impl Packing {
    fn pack(self, plain: &[u8]) -> Vec<u8> {
        match self {
            Self::Gzip => gzip(plain),
            Self::Brotli => brotli(plain),
        }
    }

    fn answer(self, status: u16, body: &[u8]) -> Answer {
        let encoding = match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        };
        Answer::with(status, &[("content-encoding", encoding)], body)
    }
}

fn packed(reply: &Reply, packing: Packing, way: Way) -> Answer {
    let mut body = packing.pack(reply.text.as_bytes());
    let length = body.len();
    match way {
        Way::Whole => {}
        Way::Cut => body.truncate(length / 2),
        Way::Flipped => body[length - 8] ^= 0xff,
        Way::Trailed => body.extend(b"<!-- a proxy was here -->"),
    }
    packing.answer(reply.status(), &body)
}

#[tokio::test]
async fn a_packed_answer_is_read_like_a_plain_one() -> Outcome {
    let mut count = 0;
    for case in &cases()? {
        let plain = case.play().await?;
        for packing in [Packing::Gzip, Packing::Brotli] {
            let played = case
                .play_changed(move |reply| packed(reply, packing, Way::Whole))
                .await?;
            // Addresses of the vendor differ from run to run.
            let text = |played: &super::super::fixture::Played| {
                format!("{:?}", played.result).replace(&played.vendor, "{vendor}")
            };
            assert_eq!(text(&played), text(&plain), "{} {packing:?}", case.name);
            count += 1;
        }
    }
    println!("packed answers: {count} cases");
    Ok(())
}

#[tokio::test]
async fn a_damaged_packed_answer_is_no_answer() -> Outcome {
    let mut count = 0;
    for case in &cases()? {
        for (packing, way) in [
            (Packing::Gzip, Way::Cut),
            (Packing::Gzip, Way::Flipped),
            (Packing::Brotli, Way::Cut),
        ] {
            let what = format!("{} {packing:?} {way:?}", case.name);
            let played = case
                .play_changed(move |reply| packed(reply, packing, way))
                .await?;
            unharmed(case, &played, &what);
            let Err(PollError::Malformed(message)) = &played.result else {
                return Err(format!("{what}: {:#?}", played.result).into());
            };
            assert!(message.contains("damaged"), "{what}: {message}");
            count += 1;
        }
        for packing in [Packing::Gzip, Packing::Brotli] {
            let what = format!("{} {packing:?} with something behind it", case.name);
            let played = case
                .play_changed(move |reply| packed(reply, packing, Way::Trailed))
                .await?;
            unharmed(case, &played, &what);
            count += 1;
        }
    }
    println!("damaged packed answers: {count} cases");
    Ok(())
}

/// 256 MB, streamed or packed into little: cut off soon after the limit, said clearly, not asked for again.
#[tokio::test]
async fn an_answer_of_256_mb_is_cut_off() -> Outcome {
    let bomb = gzip_bomb();
    assert!(bomb.len() < BOMB / 100, "{}", bomb.len());
    let faults = [
        ("streamed", Answer::Long(BOMB)),
        ("gzip", Packing::Gzip.answer(200, &bomb)),
        ("brotli", Packing::Brotli.answer(200, BROTLI_BOMB)),
    ];
    let mut count = 0;
    for case in &one_a_provider()? {
        for (name, answer) in &faults {
            let what = format!("{} on 256 MB {name}", case.name);
            let played = case.play_fault(answer.clone()).await?;
            unharmed(case, &played, &what);
            let Err(PollError::Malformed(message)) = &played.result else {
                return Err(format!("{what}: {:#?}", played.result).into());
            };
            assert!(
                message.contains("is larger than 1 MB and was not read"),
                "{what}: {message}"
            );
            // The rest of what was sent lies in the system's buffers.
            let each = played.sent / played.asked.max(1);
            assert!(each < 16 << 20, "{what}: {} bytes", played.sent);
            count += 1;
        }
    }
    println!("256 MB: {count} cases");
    Ok(())
}

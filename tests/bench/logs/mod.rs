//! What agents' logs cost: the first full scan against `cat` of the same files, today's number, looks at nothing new and
//! at little new, one line appended; memory and exactness, and where `ccusage` counts otherwise. It reports and judges
//! nothing.
//!
//! The corpora are made from a seed and removed again. What is measured runs in processes of its own.

mod chance;
mod child;
mod claude;
mod codex;
mod corpus;
mod measured;
mod peer;
mod resident;
mod tray;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub(super) use child::run as child;

use super::table::Table;
use super::{Outcome, megabytes};
use corpus::{DAY, Maker, TODAY, Truth, stamp};
use measured::{Run, median, millis, ratio, run};

const SEED: u64 = 20_261_125;
const PAIRS: usize = 5;
const GIGABYTE: u64 = 1_000_000_000;

/// Where a corpus lies, and what is run on it.
struct Stage<'a> {
    folder: &'a Path,
    ccusage: Option<&'a Path>,
}

/// Measures everything in a folder that is emptied; `ccusage` is its program, when it is there to be compared with.
pub(super) fn measure(folder: &Path, ccusage: Option<&Path>) -> Outcome {
    let stage = Stage { folder, ccusage };
    let mut table = Table::new("logs".to_owned());
    for (bytes, cpu, peak, name) in [
        (
            GIGABYTE,
            "1 GB: CPU of the first scan / `cat`",
            "1 GB: peak of the first scan",
            "1 GB",
        ),
        (
            3 * GIGABYTE,
            "3 GB: CPU of the first scan / `cat`",
            "3 GB: peak of the first scan",
            "3 GB",
        ),
    ] {
        let home = stage.home()?;
        let maker = corpus::make(&home, SEED, bytes, 0)?;
        table.add(
            "corpus",
            name,
            format!(
                "{} in {} files, {} of today",
                megabytes(maker.bytes),
                maker.files,
                megabytes(maker.bytes_today)
            ),
        );
        stage.scans((&home, &maker), [cpu, peak], &mut table)?;
        if bytes > GIGABYTE {
            stage.today(&home, &maker, &mut table)?;
        } else {
            tray::measure(&home, &mut table)?;
        }
        fs::remove_dir_all(&home)?;
    }
    let home = stage.home()?;
    let maker = corpus::make(&home, SEED + 1, 1_100_000_000, 5_000)?;
    table.add(
        "corpus",
        "5,000 files",
        format!("{} in {} files", megabytes(maker.bytes), maker.files),
    );
    stage.again(&home, &maker, &mut table)?;
    fs::remove_dir_all(&home)?;
    let home = stage.home()?;
    let maker = corpus::make_two(&home, SEED, GIGABYTE / 2)?;
    let scan = stage.scan(&home, "-")?;
    table.add(
        "two files of 500 MB: peak",
        "16 MB",
        scan.peak(&maker.truth),
    );
    fs::remove_dir_all(&home)?;
    table.print();
    Ok(())
}

impl Stage<'_> {
    fn home(&self) -> Outcome<PathBuf> {
        let home = self.folder.join("home");
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        fs::create_dir_all(&home)?;
        Ok(home)
    }

    /// A process that scans everything; `-` keeps no index.
    fn scan(&self, home: &Path, indexes: &str) -> Outcome<Run> {
        self.child(&["scan", &home.to_string_lossy(), indexes])
    }

    fn child(&self, arguments: &[&str]) -> Outcome<Run> {
        let own = std::env::current_exe()?;
        let mut all = vec!["logs-child"];
        all.extend(arguments);
        run(&own, &all, self.folder)
    }

    fn scans(
        &self,
        (home, maker): (&Path, &Maker),
        [cpu, peak]: [&'static str; 2],
        table: &mut Table,
    ) -> Outcome {
        let files = files(home)?;
        let names: Vec<&str> = files.iter().filter_map(|file| file.to_str()).collect();
        let kept = self.folder.join("indexes");
        let (mut bare, mut keeping, mut others, mut scans, mut cats) =
            (vec![], vec![], vec![], vec![], vec![]);
        let (mut peaks, mut theirs) = (Vec::new(), None);
        run(Path::new("cat"), &names, home)?;
        for _ in 0..PAIRS {
            let cat = run(Path::new("cat"), &names, home)?;
            let scan = self.scan(home, "-")?;
            bare.push(ratio(scan.cpu, cat.cpu));
            scans.push(scan.cpu);
            cats.push(cat.cpu);
            peaks.push(scan.peak);
            drop(fs::remove_dir_all(&kept));
            let keep = self.scan(home, &kept.to_string_lossy())?;
            keeping.push(ratio(keep.cpu, cat.cpu));
            if let Some(ccusage) = self.ccusage {
                let other = run(ccusage, &["daily", "-O", "-j", "-z", "UTC"], home)?;
                others.push(ratio(other.cpu, scan.cpu));
                theirs = Some(other.told);
            }
            if scan.told != maker.truth.told() || keep.told != scan.told {
                self.complain(&scan, &maker.truth)?;
            }
        }
        let figures = (median(&mut bare), median(&mut scans), median(&mut cats));
        table.add(
            cpu,
            "1.15",
            format!(
                "{} ({} ms, {} ms), exact",
                hundredths(figures.0),
                millis(figures.1),
                millis(figures.2)
            ),
        );
        table.add(
            "the same with the index kept",
            "-",
            hundredths(median(&mut keeping)),
        );
        let other = match others.len() {
            0 => "not here".to_owned(),
            _ => hundredths(median(&mut others)),
        };
        table.add("CPU of `ccusage` / the first scan", "6", other);
        if let Some(theirs) = theirs {
            peer::compare(&theirs, maker, table)?;
        }
        table.add(peak, "32 MB", megabytes(median(&mut peaks)));
        drop(fs::remove_dir_all(&kept));
        Ok(())
    }

    fn complain(&self, scan: &Run, truth: &Truth) -> Outcome {
        fs::write(self.folder.join("told"), &scan.told)?;
        fs::write(self.folder.join("truth"), truth.told())?;
        Err("the totals are not exact: compare the files `told` and `truth`".into())
    }

    fn today(&self, home: &Path, maker: &Maker, table: &mut Table) -> Outcome {
        let mut times = Vec::new();
        let mut wanted = maker.truth.clone();
        wanted.0.retain(|(day, _), _| *day == TODAY / DAY);
        for _ in 0..PAIRS {
            let run = self.child(&["today", &home.to_string_lossy(), &TODAY.to_string()])?;
            if run.told != wanted.told() {
                self.complain(&run, &wanted)?;
            }
            times.push(run.cpu);
        }
        table.add(
            "3 GB: today's number, a new process",
            "80 ms",
            format!("{} ms", millis(median(&mut times))),
        );
        Ok(())
    }

    fn again(&self, home: &Path, maker: &Maker, table: &mut Table) -> Outcome {
        let kept = self.folder.join("indexes");
        drop(fs::remove_dir_all(&kept));
        let indexes = kept.to_string_lossy();
        let first = self.scan(home, &indexes)?;
        if first.told != maker.truth.told() {
            self.complain(&first, &maker.truth)?;
        }
        let size: u64 = files(&kept)?
            .iter()
            .filter_map(|file| Some(fs::metadata(file).ok()?.len()))
            .sum();
        table.add("the indexes of them", "-", megabytes(size));
        let mut times = Vec::new();
        let mut peaks = Vec::new();
        for _ in 0..2 * PAIRS {
            let again = self.scan(home, &indexes)?;
            if again.told != first.told || again.read > 0 {
                self.complain(&again, &maker.truth)?;
            }
            times.push(again.cpu);
            peaks.push(again.peak);
        }
        table.add(
            "nothing new, a new process, totals printed",
            "25 ms",
            format!(
                "{} ms, {}",
                millis(median(&mut times)),
                megabytes(median(&mut peaks))
            ),
        );
        let (mut times, mut over) = (Vec::new(), Vec::new());
        for number in 0..PAIRS {
            let appended = grow(home, 10, number)?;
            let grown = self.scan(home, &indexes)?;
            times.push(grown.cpu);
            over.push(grown.read.saturating_sub(appended) / 10);
        }
        table.add(
            "ten grew by a line: read beyond it, a file",
            "4 KB",
            format!("{} B, {} ms", median(&mut over), millis(median(&mut times))),
        );
        let resident = self.child(&["resident", &home.to_string_lossy(), &indexes])?;
        table.add(
            "resident: a line to the new total",
            "1 ms",
            resident.told.trim().to_owned(),
        );
        fs::remove_dir_all(&kept)?;
        Ok(())
    }
}

/// Appends a line to so many transcripts; how many bytes.
fn grow(home: &Path, files: usize, number: usize) -> Outcome<u64> {
    let mut appended = 0;
    let all = self::files(&home.join(".claude"))?;
    for (place, file) in all
        .iter()
        .step_by(all.len() / files)
        .take(files)
        .enumerate()
    {
        let line = child::line(&format!("grown_{number}_{place}"), &stamp(TODAY + 100, 1));
        OpenOptions::new()
            .append(true)
            .open(file)?
            .write_all(line.as_bytes())?;
        appended += line.len() as u64;
    }
    Ok(appended)
}

/// Every file below a folder, sorted.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

//! `cloud-mirror ranges update`: a new set of the ranges that clouds publish.

use std::fmt;
use std::path::{Path, PathBuf};

use cloud_mirror_domain::place::{Cloud, Geography as _, Published};
use cloud_mirror_ranges::Ranges;
use cloud_mirror_ranges::published::{self, Publication};
use serde::Serialize;

use super::{Context, OperatorError, Outcome};

pub(crate) const EXAMPLES: &str = "Examples:
  cloud-mirror ranges update ip-ranges.json cloud.json
  cloud-mirror ranges update --output deploy/ranges.bin ip-ranges.json cloud.json ServiceTags_Public_20260727.json

The files are those that Amazon (ip-ranges.json), Google (cloud.json) and Microsoft
(ServiceTags_Public_YYYYMMDD.json) publish; which is which shows in their content. Name the set in
mirror.toml: [auto] ranges = \"ranges.bin\".

Exit codes: 0 the set is written; 2 a file cannot be read, and nothing is written.";

/// The arguments of `ranges update`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The published files, one of each cloud; a cloud without one is not known in the new set.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The set; one that is there is replaced.
    #[arg(long, value_name = "FILE", default_value = "ranges.bin")]
    pub output: PathBuf,
}

/// What became of it.
#[derive(Serialize)]
struct Updated {
    /// The file that was written.
    output: PathBuf,
    /// Its size.
    size_bytes: usize,
    /// What it was made of.
    clouds: Vec<Of>,
}

#[derive(Serialize)]
struct Of {
    cloud: &'static str,
    /// RFC 3339.
    published: String,
    prefixes: usize,
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for of in &self.clouds {
            let (cloud, prefixes, published) = (of.cloud, of.prefixes, &of.published);
            writeln!(f, "{cloud}: {prefixes} prefixes, published {published}")?;
        }
        write!(f, "{}: {} bytes", self.output.display(), self.size_bytes)
    }
}

/// Reads the files and writes the set, whole or not at all. May be repeated: the same files make the same
/// bytes.
pub fn run(arguments: &Args, context: &Context<'_>) -> Result<Outcome, OperatorError> {
    let mut publications: Vec<Publication> = Vec::new();
    for file in &arguments.files {
        let publication = read(file)?;
        let cloud = publication.cloud;
        if publications.iter().any(|other| other.cloud == cloud) {
            let problem = format!("is a second file of {cloud}; give the newer one only");
            return Err(unable(file, problem));
        }
        publications.push(publication);
    }
    let set = Ranges::of(publications).map_err(|error| OperatorError::Unable(error.to_string()))?;
    let bytes = set.to_bytes();
    write(&arguments.output, &bytes)?;
    context.print(&Updated {
        output: arguments.output.clone(),
        size_bytes: bytes.len(),
        clouds: set.published().iter().map(of).collect(),
    });
    missing(&set).for_each(|cloud| {
        let advice = format!("no file of {cloud}: addresses there will not be known");
        context.advise(&advice);
    });
    Ok(Outcome::Done)
}

fn read(file: &Path) -> Result<Publication, OperatorError> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| unable(file, format!("cannot be read: {error}")))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    published::read(&name, &text).map_err(|error| unable(file, format!("cannot be used: {error}")))
}

/// Beside it first: a function must never be packed with half a set.
fn write(output: &Path, bytes: &[u8]) -> Result<(), OperatorError> {
    let beside = output.with_extension("new");
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, output));
    written.map_err(|error| unable(output, format!("cannot be written: {error}")))
}

fn unable(file: &Path, problem: String) -> OperatorError {
    OperatorError::Unable(format!("{} {problem}", file.display()))
}

fn of(published: &Published) -> Of {
    let moment =
        std::time::UNIX_EPOCH + std::time::Duration::from_millis(published.published.as_millis());
    Of {
        cloud: published.cloud.word(),
        published: humantime::format_rfc3339_seconds(moment).to_string(),
        prefixes: published.prefixes,
    }
}

/// The clouds of which the set knows nothing, but for those that nobody expects: the embedded set has no
/// Azure either.
fn missing(set: &Ranges) -> impl Iterator<Item = Cloud> {
    let expected = [Cloud::Aws, Cloud::Google];
    let known = |cloud: &Cloud| set.published().iter().any(|of| of.cloud == *cloud);
    expected.into_iter().filter(move |cloud| !known(cloud))
}

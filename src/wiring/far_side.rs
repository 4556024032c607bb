//! The pipeline that answers another machine.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::with_pipeline;
use crate::api::Backend;
use crate::audit::Writer;
use crate::cache::MemoryCache;
use crate::config::{ConfigFile, PackFolder};
use crate::domain::ShellFacts;
use crate::paths::Paths;
use crate::stats::FileLedger;
use crate::suggest::pipeline::{Pipeline, Place};
use crate::suggest::ports::{Commands, Reach, ShellSyntax, Surroundings};
use crate::validate::Effect;

/// The pipeline for questions of another machine, of which `commands` and `surroundings` tell. It knows nothing that is kept here:
/// neither what was run or answered before nor the user's intents and pages, and nothing of it is recorded: whoever asks from over there
/// could fill the trail until the user's own records are dropped.
pub fn for_far_side(paths: &Paths, os: &'static str, commands: Arc<dyn Commands>, surroundings: Arc<dyn Surroundings>) -> Arc<dyn Backend> {
    let mut file = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
    let settings = file.current().0.cache.clone();
    let place = Place { os, build: env!("CARGO_PKG_VERSION").to_owned(), ttl: settings.ttl };
    let pipeline = Pipeline::new(place, Arc::new(MemoryCache::new(settings)), commands, Arc::new(NoShells)).with_surroundings(surroundings);
    // Of the questions nothing is kept; what they cost is the user's money all the same.
    pipeline.count_in(Arc::new(FileLedger::new(paths.state_dir.as_deref())));
    with_pipeline(pipeline, file, PackFolder::new(None), (None, Writer::Once))
}

/// The files of another machine cannot be looked at.
pub(super) struct NoFiles;

impl Reach for NoFiles {
    fn reached(&self, _effects: &[Effect], _facts: &ShellFacts, _limit: Duration) -> Vec<usize> {
        Vec::new()
    }
}

/// The shells of another machine cannot be asked.
struct NoShells;

impl ShellSyntax for NoShells {
    fn accepts<'a>(&'a self, _line: &'a str, _facts: &'a ShellFacts) -> BoxFuture<'a, Option<bool>> {
        Box::pin(std::future::ready(None))
    }
}

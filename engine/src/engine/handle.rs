//! The other end of an engine's rings: packs in, garbage and telemetry out. Lives on any thread
//! but the audio thread.

use std::sync::Arc;

use rtrb::{Consumer, Producer, PushError};

use crate::resident::PlayPack;
use crate::telemetry::Telemetry;

/// The control side of an [`super::Engine`].
pub struct EngineHandle {
    pub(super) packs: Producer<Arc<PlayPack>>,
    pub(super) garbage: Consumer<Arc<PlayPack>>,
    pub(super) telemetry: triple_buffer::Output<Telemetry>,
}

impl EngineHandle {
    /// Hands a pack to the engine: notes that start from the next block on play it, sounding voices
    /// keep theirs until they end.
    ///
    /// # Errors
    /// Gives the pack back when the engine has not yet taken the ones sent before (it is not being
    /// processed, or the packs come too fast): try again later.
    pub fn send_pack(&mut self, pack: Arc<PlayPack>) -> Result<(), Arc<PlayPack>> {
        self.packs.push(pack).map_err(|PushError::Full(pack)| pack)
    }

    /// Drops the packs that the engine no longer needs, and says how many there were. Call it now
    /// and then (the loader's housekeeping does): they hold memory until then.
    pub fn collect_garbage(&mut self) -> usize {
        std::iter::from_fn(|| self.garbage.pop().ok()).count()
    }

    /// The newest picture of the engine. Never waits.
    pub fn telemetry(&mut self) -> &Telemetry {
        self.telemetry.read()
    }
}

impl std::fmt::Debug for EngineHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineHandle").finish_non_exhaustive()
    }
}

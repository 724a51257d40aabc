//! Writing a WAV file while its audio is made, in constant memory.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::write::Form;
use super::{WavError, WavSpec};
use crate::atomic_file::AtomicFile;

/// A WAV file on its way. [`WavStream::finish`] puts it in its place; dropped before that, it leaves
/// nothing behind.
#[derive(Debug)]
pub struct WavStream {
    spec: WavSpec,
    form: Form,
    frames: u64,
    out: BufWriter<AtomicFile>,
}

impl WavStream {
    /// Begins a file of at most `most_frames` frames. One that may pass 4 GiB is an RF64 file, any
    /// other the same as from [`WavSpec::write`].
    ///
    /// # Errors
    /// When the encoding can't be written, and as [`AtomicFile::create`].
    pub fn create(path: &Path, spec: WavSpec, most_frames: u64) -> Result<WavStream, WavError> {
        let (form, header) = match spec.header_of(most_frames, Form::Riff) {
            Err(WavError::TooLong { .. }) => (Form::Rf64, spec.header_of(most_frames, Form::Rf64)?),
            header => (Form::Riff, header?),
        };
        let mut out = BufWriter::with_capacity(1 << 20, AtomicFile::create(path)?);
        // Holds the place: the sizes are known at the end.
        out.write_all(&header)?;
        Ok(WavStream { spec, form, frames: 0, out })
    }

    /// Frames that have been written.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Writes interleaved samples, as [`WavSpec::write`] does; those behind the last whole frame are
    /// left out.
    ///
    /// # Errors
    /// What the system reports, such as a full disk.
    pub fn write(&mut self, interleaved: &[f32]) -> Result<(), WavError> {
        let frames = interleaved.len() / self.spec.channels;
        self.out.write_all(&self.spec.encode(&interleaved[..frames * self.spec.channels]))?;
        self.frames += frames as u64;
        Ok(())
    }

    /// Keeps the first `frames` frames, at most all, and puts the file in its place.
    ///
    /// # Errors
    /// When the file became longer than was said at its beginning and passes 4 GiB, and as
    /// [`AtomicFile::commit`].
    pub fn finish(self, frames: u64) -> Result<(), WavError> {
        let frames = frames.min(self.frames);
        let header = self.spec.header_of(frames, self.form)?;
        let data = frames * (self.spec.encoding.bytes() * self.spec.channels) as u64;
        let mut file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        // Chunks have an even length: the pad byte is a zero.
        file.set_len(header.len() as u64 + data + data % 2)?;
        if data % 2 == 1 {
            file.seek(SeekFrom::Start(header.len() as u64 + data))?;
            file.write_all(&[0])?;
        }
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header)?;
        file.commit()?;
        Ok(())
    }
}

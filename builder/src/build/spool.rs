//! Where the sounds of cells wait until the gain of the pack is known, which is when all of them have
//! been made: an unnamed file beside the pack, so that memory does not grow with the pack.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Bytes of a frame: two floats.
const FRAME: usize = 8;

/// Sounds in a file.
pub(super) struct Spool {
    file: Mutex<File>,
}

/// Where a sound lies in its spool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    offset: u64,
    frames: usize,
}

impl Spool {
    /// In the folder of a file that is to be written.
    pub(super) fn beside(path: &Path) -> io::Result<Spool> {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Spool { file: Mutex::new(tempfile::tempfile_in(folder)?) })
    }

    /// Takes a sound.
    pub(super) fn put(&self, sound: &[[f32; 2]]) -> io::Result<Place> {
        let bytes: Vec<u8> = sound.as_flattened().iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = file.seek(SeekFrom::End(0))?;
        file.write_all(&bytes)?;
        Ok(Place { offset, frames: sound.len() })
    }

    /// Gives a sound back.
    pub(super) fn get(&self, place: Place) -> io::Result<Vec<[f32; 2]>> {
        let mut bytes = vec![0; place.frames * FRAME];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(place.offset))?;
            file.read_exact(&mut bytes)?;
        }
        let frame =
            |b: &[u8]| [f32::from_le_bytes([b[0], b[1], b[2], b[3]]), f32::from_le_bytes([b[4], b[5], b[6], b[7]])];
        Ok(bytes.chunks_exact(FRAME).map(frame).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::beside(&folder.path().join("pack.btx")).unwrap();
        let sound = |n: usize| -> Vec<[f32; 2]> { (0..n * 100).map(|i| [i as f32 * 0.1, -(n as f32)]).collect() };
        let places: Vec<Place> = (0..4).map(|n| spool.put(&sound(n)).unwrap()).collect();
        for n in [2, 0, 3, 1] {
            assert_eq!(spool.get(places[n]).unwrap(), sound(n));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left to clean up");
        assert!(Spool::beside(&folder.path().join("missing/pack.btx")).is_err());
    }
}

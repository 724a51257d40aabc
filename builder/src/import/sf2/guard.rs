//! A look at a SoundFont before its tables are read: the `soundfont` crate panics on files that are
//! no RIFF and allocates what chunk headers say.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Largest table that is read into memory; the largest real ones have some megabytes.
const TABLE_BYTES: u64 = 64 << 20;
/// Chunks looked at in all.
const MAX_CHUNKS: usize = 256;

struct Chunk {
    id: [u8; 4],
    start: u64,
    end: u64,
}

/// Checks that the file is a RIFF `sfbk` whose chunks lie inside one another and whose tables have
/// whole records and sane sizes.
pub(super) fn check(file: &File) -> Result<(), String> {
    let length = file.metadata().map_err(|e| e.to_string())?.len();
    let mut count = 0;
    let riff = read_chunk(file, 0, length)?;
    if &riff.id != b"RIFF" || form(file, &riff)? != *b"sfbk" {
        return Err("it is not a SoundFont (no RIFF sfbk at its beginning)".into());
    }
    for list in children(file, &riff, &mut count)? {
        if &list.id != b"LIST" {
            return Err(format!("it has a stray chunk {}", name(list.id)));
        }
        let kind = form(file, &list)?;
        for chunk in children(file, &list, &mut count)? {
            let size = chunk.end - chunk.start;
            if kind != *b"sdta" && size > TABLE_BYTES {
                return Err(format!("its {} table claims {size} bytes; the limit is {TABLE_BYTES}", name(chunk.id)));
            }
            let record = match &chunk.id {
                b"phdr" => 38,
                b"inst" => 22,
                b"shdr" => 46,
                b"pmod" | b"imod" => 10,
                b"pbag" | b"ibag" | b"pgen" | b"igen" => 4,
                _ => 1,
            };
            if size % record != 0 {
                return Err(format!("its {} table has a broken record", name(chunk.id)));
            }
        }
    }
    Ok(())
}

fn children(file: &File, parent: &Chunk, count: &mut usize) -> Result<Vec<Chunk>, String> {
    let mut found = Vec::new();
    let mut at = parent.start + 4;
    while at + 8 <= parent.end {
        *count += 1;
        if *count > MAX_CHUNKS {
            return Err(format!("it has more than {MAX_CHUNKS} chunks"));
        }
        let chunk = read_chunk(file, at, parent.end)?;
        at = chunk.end + (chunk.end - chunk.start) % 2;
        found.push(chunk);
    }
    Ok(found)
}

fn read_chunk(file: &File, at: u64, limit: u64) -> Result<Chunk, String> {
    let mut header = [0u8; 8];
    read_at(file, at, &mut header).map_err(|e| e.to_string())?;
    let id = [header[0], header[1], header[2], header[3]];
    let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    let end = at + 8 + u64::from(size);
    if end > limit {
        return Err(format!("its {} chunk is cut off ({} bytes are missing)", name(id), end - limit));
    }
    Ok(Chunk { id, start: at + 8, end })
}

fn form(file: &File, chunk: &Chunk) -> Result<[u8; 4], String> {
    let mut form = [0u8; 4];
    if chunk.end - chunk.start < 4 {
        return Err(format!("its {} chunk is empty", name(chunk.id)));
    }
    read_at(file, chunk.start, &mut form).map_err(|e| e.to_string())?;
    Ok(form)
}

fn read_at(mut file: &File, at: u64, out: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(out)
}

fn name(id: [u8; 4]) -> String {
    format!("{:?}", String::from_utf8_lossy(&id))
}

//! WAV files as they are found: each test bends a small file the way that some program does.

use super::*;
use proptest::prelude::*;

fn chunk(id: &[u8; 4], size: u32, body: &[u8], pad: bool) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend(size.to_le_bytes());
    out.extend(body);
    if pad && body.len() % 2 == 1 {
        out.push(0);
    }
    out
}

fn riff(magic: &[u8; 4], size: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut out = magic.to_vec();
    out.extend(size.to_le_bytes());
    out.extend(b"WAVE");
    out.extend(chunks.iter().flatten());
    out
}

fn fmt(tag: u16, channels: u16, rate: u32, bits: u16, extra: &[u8]) -> Vec<u8> {
    let block = channels * bits.div_ceil(8);
    let mut body = tag.to_le_bytes().to_vec();
    body.extend(channels.to_le_bytes());
    body.extend(rate.to_le_bytes());
    body.extend((rate * u32::from(block)).to_le_bytes());
    body.extend(block.to_le_bytes());
    body.extend(bits.to_le_bytes());
    body.extend(extra);
    chunk(b"fmt ", body.len() as u32, &body, true)
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn smpl_chunk(root: u32, fraction: u32, points: Option<(u32, u32)>) -> Vec<u8> {
    let mut fields = vec![0, 0, 0, root, fraction, 0, 0, u32::from(points.is_some()), 0];
    if let Some((start, end)) = points {
        fields.extend([0, 0, start, end, 0, 0]);
    }
    chunk(b"smpl", fields.len() as u32 * 4, &words(&fields), true)
}

const PCM: [u8; 8] = [1, 0, 2, 0, 3, 0, 4, 0];

fn data(size: u32) -> Vec<u8> {
    chunk(b"data", size, &PCM, true)
}

fn read_pcm(file: &[u8]) -> Wav {
    let wav = read_bytes(file).unwrap();
    assert_eq!(wav.samples, Samples::I16(vec![1, 2, 3, 4]));
    assert_eq!((wav.channels, wav.frames, wav.sample_rate_hz), (2, 2, 48_000));
    wav
}

#[test]
fn streamed_files_whose_sizes_were_never_filled_in_read_to_their_end() {
    for (riff_size, data_size) in [(0, 0), (u32::MAX, u32::MAX), (0, 8), (36, 8), (36, 4000)] {
        read_pcm(&riff(b"RIFF", riff_size, &[fmt(1, 2, 48_000, 16, &[]), data(data_size)]));
    }
}

#[test]
fn format_chunks_of_16_18_20_28_and_40_bytes_read() {
    for extra in [0usize, 2, 4, 12] {
        read_pcm(&riff(b"RIFF", 0, &[fmt(1, 2, 48_000, 16, &vec![0; extra]), data(8)]));
    }
    let mut extensible = vec![22, 0, 16, 0, 0, 0, 0, 0, 1, 0];
    extensible.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    read_pcm(&riff(b"RIFF", 0, &[fmt(0xFFFE, 2, 48_000, 16, &extensible), data(8)]));
}

#[test]
fn rf64_takes_its_sizes_from_ds64() {
    let mut ds64 = Vec::new();
    for v in [100u64, 8, 2] {
        ds64.extend(v.to_le_bytes());
    }
    ds64.extend(0u32.to_le_bytes());
    let tail = smpl_chunk(64, 0, None);
    for magic in [b"RF64", b"BW64"] {
        let file = riff(
            magic,
            u32::MAX,
            &[chunk(b"ds64", 28, &ds64, true), fmt(1, 2, 48_000, 16, &[]), data(u32::MAX), tail.clone()],
        );
        assert_eq!(read_pcm(&file).root(), Some(64), "the chunk after the audio is found");
    }
}

#[test]
fn an_odd_chunk_with_or_without_its_pad_byte_is_passed() {
    for pad in [true, false] {
        let odd = chunk(b"LIST", 3, b"abc", pad);
        read_pcm(&riff(b"RIFF", 0, &[odd, fmt(1, 2, 48_000, 16, &[]), data(8)]));
    }
}

#[test]
fn the_loop_end_is_inclusive_on_disk_and_exclusive_here() {
    let file = riff(b"RIFF", 0, &[fmt(1, 2, 48_000, 16, &[]), data(8), smpl_chunk(60, 1 << 31, Some((0, 1)))]);
    let wav = read_pcm(&file);
    assert_eq!(wav.loop_frames(), Some(LoopFrames { start: 0, end: 2 }));
    assert_eq!(wav.root(), Some(60));
    assert!((wav.fine_cents() - 50.0).abs() < 1e-3);
    let one_based = riff(b"RIFF", 0, &[fmt(1, 2, 48_000, 16, &[]), data(8), smpl_chunk(60, 0, Some((0, 2)))]);
    assert_eq!(read_pcm(&one_based).loop_frames(), Some(LoopFrames { start: 0, end: 2 }), "clamped");
    let wild = riff(b"RIFF", 0, &[fmt(1, 2, 48_000, 16, &[]), data(8), smpl_chunk(60, 0, Some((7, u32::MAX)))]);
    assert_eq!(read_pcm(&wild).loop_frames(), None);
}

#[test]
fn a_root_of_zero_without_a_loop_is_unset_and_inst_wins() {
    let unset = riff(b"RIFF", 0, &[fmt(1, 2, 48_000, 16, &[]), smpl_chunk(0, 0, None), data(8)]);
    assert_eq!(read_pcm(&unset).root(), None);
    let inst = chunk(b"inst", 7, &[57, 0xF6, 0, 50, 60, 1, 127], true);
    let both = riff(b"RIFF", 0, &[fmt(1, 2, 48_000, 16, &[]), inst, smpl_chunk(60, 0, None), data(8)]);
    let wav = read_pcm(&both);
    assert_eq!((wav.root(), wav.fine_cents()), (Some(57), 10.0));
    assert_eq!(wav.inst.unwrap().keys, (50, 60));
}

#[test]
fn every_encoding_decodes_to_the_same_half_of_full_scale() {
    let cases: [(u16, u16, Vec<u8>); 6] = [
        (1, 8, vec![192]),
        (1, 16, vec![0, 0x40]),
        (1, 24, vec![0, 0, 0x40]),
        (1, 32, vec![0, 0, 0, 0x40]),
        (3, 32, 0.5f32.to_le_bytes().to_vec()),
        (3, 64, 0.5f64.to_le_bytes().to_vec()),
    ];
    for (tag, bits, body) in cases {
        let file = riff(b"RIFF", 0, &[fmt(tag, 1, 44_100, bits, &[]), chunk(b"data", body.len() as u32, &body, true)]);
        let wav = read_bytes(&file).unwrap();
        assert_eq!(wav.stereo(), vec![[0.5, 0.5]], "{tag} {bits}");
    }
}

#[test]
fn companded_files_follow_g711() {
    // Reference points of ITU-T G.711: the largest and the smallest magnitudes.
    let mu = riff(b"RIFF", 0, &[fmt(7, 1, 8000, 8, &[]), chunk(b"data", 4, &[0x80, 0x00, 0xFF, 0xFE], true)]);
    let scaled = |v: i32| v as f32 / 32768.0;
    assert_eq!(read_bytes(&mu).unwrap().channel(0), [scaled(32124), scaled(-32124), 0.0, scaled(8)]);
    let a = riff(b"RIFF", 0, &[fmt(6, 1, 8000, 8, &[]), chunk(b"data", 4, &[0xAA, 0x2A, 0xD5, 0x55], true)]);
    assert_eq!(read_bytes(&a).unwrap().channel(0), [scaled(32256), scaled(-32256), scaled(8), scaled(-8)]);
}

#[test]
fn bad_files_say_what_is_wrong() {
    for (bytes, what) in [
        (&b""[..], "it is empty"),
        (b"FORM\0\0\0\0AIFF", "it is AIFF; convert it to WAV"),
        (b"fLaC\0\0\0\"\x10\0\x10\0", "it is FLAC; convert it to WAV"),
        (b"OggS\0\x02\0\0\0\0\0\0", "it is Ogg; convert it to WAV"),
        (b"hello", "it begins with \"hello\""),
    ] {
        let error = read_bytes(bytes).unwrap_err();
        assert!(matches!(error, WavError::NotWav { .. }) && error.to_string().contains(what), "{error}");
    }
    assert!(matches!(read_bytes(&riff(b"RIFF", 0, &[data(8)])), Err(WavError::Missing { chunk: "fmt " })));
    let format = fmt(1, 2, 48_000, 16, &[]);
    assert!(matches!(
        read_bytes(&riff(b"RIFF", 0, std::slice::from_ref(&format))),
        Err(WavError::Missing { chunk: "data" })
    ));
    let mp3 = fmt(0x55, 2, 48_000, 0, &[]);
    assert!(matches!(read_bytes(&riff(b"RIFF", 0, &[mp3, data(8)])), Err(WavError::Unsupported { tag: 0x55, .. })));
    for bad in [fmt(1, 0, 48_000, 16, &[]), fmt(1, 2, 0, 16, &[])] {
        assert!(matches!(read_bytes(&riff(b"RIFF", 0, &[bad, data(8)])), Err(WavError::BadFormat { .. })));
    }
    let nan = chunk(b"data", 4, &f32::NAN.to_le_bytes(), true);
    assert!(matches!(
        read_bytes(&riff(b"RIFF", 0, &[fmt(3, 1, 48_000, 32, &[]), nan])),
        Err(WavError::NotFinite { frame: 0 })
    ));
    let many = vec![chunk(b"JUNK", 0, &[], true); 5000];
    assert!(matches!(read_bytes(&riff(b"RIFF", 0, &many)), Err(WavError::TooManyChunks { .. })));
}

#[test]
fn what_is_written_reads_back_with_root_and_loop_and_lies_aligned() {
    let frames: Vec<f32> = (0..200).map(|i| (i as f32 / 100.0) - 1.0).collect();
    for encoding in [Encoding::Pcm16, Encoding::Pcm24, Encoding::Float32] {
        for channels in [1, 2] {
            let spec = WavSpec {
                sample_rate_hz: 44_100,
                channels,
                encoding,
                root: Some(62),
                loop_frames: Some(LoopFrames { start: 10, end: 90 }),
                align: 64,
            };
            let mut file = Vec::new();
            spec.write(&mut file, &frames).unwrap();
            assert_eq!(file.len() % 2, 0);
            assert_eq!(u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize, file.len() - 8);
            let layout = Layout::find(&file.as_slice()).unwrap();
            assert_eq!(layout.data_offset % 64, 0);
            assert_eq!(layout.claimed_frames, layout.frames);
            let wav = read_bytes(&file).unwrap();
            assert_eq!((wav.root(), wav.loop_frames()), (Some(62), spec.loop_frames));
            assert_eq!((wav.channels, wav.frames, wav.encoding), (channels, 200 / channels, encoding));
            let step = if encoding == Encoding::Pcm16 { 1.0 / 65536.0 } else { 1.0 / 8_388_608.0 };
            for (a, b) in wav.samples.to_f32().iter().zip(&frames) {
                assert!((a - b).abs() <= step, "{encoding:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn sixteen_bit_files_come_back_bit_for_bit() {
    let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    let mut file = Vec::new();
    WavSpec::stereo(48_000, Encoding::Pcm16).write_i16(&mut file, &samples).unwrap();
    assert_eq!(read_bytes(&file).unwrap().samples, Samples::I16(samples));
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    WavSpec::stereo(48_000, Encoding::Float32).write_file(&path, &[0.25; 8]).unwrap();
    assert_eq!(read(&path).unwrap().stereo(), vec![[0.25; 2]; 4]);
    WavSpec::stereo(48_000, Encoding::Pcm8).write_file(&path, &[0.0; 8]).unwrap_err();
    assert_eq!(read(&path).unwrap().frames, 4, "the old file stays");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn a_stream_is_the_same_file_as_one_that_is_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let samples: Vec<f32> = (0..3000).map(|i| (i as f32 * 0.37).sin()).collect();
    for (channels, encoding, root) in
        [(2, Encoding::Float32, None), (2, Encoding::Pcm16, Some(62)), (1, Encoding::Pcm24, None)]
    {
        let spec = WavSpec { channels, root, ..WavSpec::stereo(44_100, encoding) };
        // Also cut, to an odd number of bytes, and to nothing.
        for frames in [samples.len() / channels, 333, 0] {
            let mut whole = Vec::new();
            spec.write(&mut whole, &samples[..frames * channels]).unwrap();
            let mut stream = WavStream::create(&path, spec, 1 << 20).unwrap();
            for piece in samples.chunks(77 * channels) {
                stream.write(piece).unwrap();
            }
            assert_eq!(stream.frames(), (samples.len() / channels) as u64);
            stream.finish(frames as u64).unwrap();
            assert!(std::fs::read(&path).unwrap() == whole, "{encoding:?}, {frames} frames");
        }
    }
    let mut stream = WavStream::create(&path, WavSpec::stereo(48_000, Encoding::Float32), 10).unwrap();
    stream.write(&samples).unwrap();
    drop(stream);
    assert_eq!(read(&path).unwrap().frames, 0, "the old file stays");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn a_stream_that_may_pass_4_gib_is_rf64() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let spec = WavSpec { align: 64, ..WavSpec::stereo(48_000, Encoding::Float32) };
    let fits = u64::from(u32::MAX) / 8 - 16;
    for (most_frames, magic) in [(fits, b"RIFF"), (fits + 16, b"RF64"), (u64::MAX / 16, b"RF64")] {
        let mut stream = WavStream::create(&path, spec, most_frames).unwrap();
        stream.write(&[0.25; 200]).unwrap();
        stream.finish(90).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(&bytes[..4], magic, "{most_frames}");
        let layout = Layout::find(&bytes.as_slice()).unwrap();
        assert_eq!((layout.frames, layout.claimed_frames, layout.data_offset % 64), (90, 90, 0));
        assert_eq!(read(&path).unwrap().stereo(), vec![[0.25; 2]; 90]);
        if magic == b"RF64" {
            let size = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            assert_eq!((&bytes[4..8], &bytes[12..20]), (&[0xFF; 4][..], &b"ds64\x1C\0\0\0"[..]));
            assert_eq!((size(20), size(28), size(36)), (bytes.len() as u64 - 8, 90 * 8, 90));
        }
    }
    // What was not said to be so long is refused, not written with a wrong size.
    let past = spec.header_of(fits + 16, write::Form::Riff);
    assert!(matches!(past, Err(WavError::TooLong { .. })));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut tail in proptest::collection::vec(any::<u8>(), 0..400), flip in any::<(u8, u8)>()) {
        let _ = read_bytes(&tail);
        let mut file = riff(b"RIFF", 0, &[fmt(1, 2, 48_000, 16, &[]), smpl_chunk(60, 0, Some((0, 1))), data(8)]);
        let at = usize::from(flip.0) % file.len();
        file[at] = flip.1;
        let _ = read_bytes(&file);
        file.truncate(at);
        file.append(&mut tail);
        let _ = read_bytes(&file);
    }
}

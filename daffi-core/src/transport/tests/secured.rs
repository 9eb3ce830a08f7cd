//! Recordss in memory: records cut at any byte, what they hold while they wait, and what a peer may do to them.

use std::io::{IoSlice, Read as _, Write as _};
use std::sync::Arc;

use bytes::BytesMut;
use proptest::prelude::*;
use rustls::server::ServerSessionMemoryCache;
use rustls::{ClientConnection, Connection as Tls, ServerConfig, ServerConnection};

use super::super::tls::for_tests::{Ends, RECEIVED, keys, of_rustls};
use super::super::tls::{Opened, Records};
use super::super::*;
use super::payload;

/// Two records whose handshake was made in memory, the client let in.
fn ends() -> Ends {
    let ends = strangers();
    ends.server.let_in();
    ends
}

/// Two records whose handshake was made in memory.
fn strangers() -> Ends {
    let (server, client) = keys();
    let mut server: Tls = ServerConnection::new(Arc::clone(server)).unwrap().into();
    let mut client: Tls = ClientConnection::new(Arc::clone(client), "localhost".try_into().unwrap())
        .unwrap()
        .into();
    while server.is_handshaking() || client.is_handshaking() || server.wants_write() || client.wants_write() {
        pass(&mut client, &mut server);
        pass(&mut server, &mut client);
    }
    Ends::new(server, client)
}

fn pass(from: &mut Tls, to: &mut Tls) {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets().unwrap();
    }
}

/// A socket that takes so many bytes, and then none.
struct Wire {
    bytes: Vec<u8>,
    room: usize,
}

impl Wire {
    fn new(room: usize) -> Self {
        Self {
            bytes: Vec::new(),
            room,
        }
    }

    fn write(&mut self, slices: &[IoSlice<'_>]) -> std::io::Result<usize> {
        let before = self.bytes.len();
        for slice in slices {
            let taken = slice.len().min(self.room);
            self.bytes.extend_from_slice(&slice[..taken]);
            self.room -= taken;
        }
        match self.bytes.len() - before {
            0 => Err(std::io::ErrorKind::WouldBlock.into()),
            written => Ok(written),
        }
    }
}

/// Seals all of `plain`, however little the wire takes at a time.
fn seal_all(records: &Records, mut plain: &[u8], room: usize) -> Vec<u8> {
    let mut wire = Wire::new(0);
    loop {
        let left = match records.seal(&[IoSlice::new(plain)], |slices| wire.write(slices)) {
            Ok(taken) => {
                plain = &plain[taken..];
                plain.len()
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => plain.len(),
            Err(error) => panic!("{error}"),
        };
        if left == 0 && records.flush(|slices| wire.write(slices)).unwrap() {
            return wire.bytes;
        }
        wire.room += room;
    }
}

/// Opens bytes as if they had just been received.
fn open(records: &Records, piece: &[u8], plain: &mut BytesMut) -> Result<Opened, TlsFault> {
    let mut received = records.room(plain);
    received.extend_from_slice(piece);
    records.open(received, plain)
}

/// However little of it is wanted: it would come in as many pieces as that is contained in it.
#[test]
fn for_a_record_that_has_begun_there_is_room_at_once() {
    let ends = ends();
    let sealed = seal_all(&ends.client, &payload(16_000), usize::MAX / 2);
    let mut plain = BytesMut::with_capacity(120);
    open(&ends.server, &sealed[..100], &mut plain).unwrap();
    let room = ends.server.room(&mut plain);
    assert_eq!(room, sealed[..100]);
    assert!(room.capacity() >= sealed.len(), "{}", room.capacity());
    drop(room);
    open(&ends.server, &sealed[100..], &mut plain).unwrap();
    assert_eq!(plain, payload(16_000));
}

fn open_all(
    records: &Records,
    pieces: impl IntoIterator<Item = Vec<u8>>,
) -> Result<(BytesMut, bool), TlsFault> {
    let mut plain = BytesMut::new();
    for piece in pieces {
        if piece.is_empty() {
            continue;
        }
        if let Opened::Closed(_) = open(records, &piece, &mut plain)? {
            return Ok((plain, true));
        }
    }
    Ok((plain, false))
}

#[test]
fn records_may_be_cut_at_any_byte() {
    let ends = ends();
    let plain = payload(300);
    let sealed = seal_all(&ends.server, &plain, usize::MAX / 2);
    for cut in 0..=sealed.len() {
        let ends = self::ends();
        let sealed = seal_all(&ends.server, &plain, usize::MAX / 2);
        let pieces = [sealed[..cut].to_vec(), sealed[cut..].to_vec()];
        let (opened, closed) = open_all(&ends.client, pieces).unwrap();
        assert_eq!((opened.freeze(), closed), (plain.clone(), false), "at {cut}");
    }
}

#[test]
fn what_waits_to_be_written_has_a_bound() {
    let ends = ends();
    let plain = vec![7; 1 << 20];
    let mut wire = Wire::new(0);
    let taken = ends
        .server
        .seal(&[IoSlice::new(&plain)], |slices| wire.write(slices))
        .unwrap();
    assert_eq!(taken, 256 * 1024);
    let again = ends
        .server
        .seal(&[IoSlice::new(&plain)], |slices| wire.write(slices));
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert!(!ends.server.flush(|slices| wire.write(slices)).unwrap());
    wire.room = usize::MAX / 2;
    assert!(ends.server.flush(|slices| wire.write(slices)).unwrap());
    let (opened, _) = open_all(&ends.client, [wire.bytes]).unwrap();
    assert_eq!(opened.len(), taken);
}

#[test]
fn what_is_written_holds_no_memory() {
    let ends = ends();
    let plain = payload(100_000);
    let mut wire = Wire::new(50_000);
    ends.server
        .seal(&[IoSlice::new(&plain)], |slices| wire.write(slices))
        .unwrap();
    assert!(ends.server.held_bytes() > 50_000);
    wire.room = usize::MAX / 2;
    assert!(ends.server.flush(|slices| wire.write(slices)).unwrap());
    assert_eq!(ends.server.held_bytes(), 0);
}

#[test]
fn a_reader_has_its_turn_while_a_socket_is_written_to() {
    let ends = ends();
    let question = payload(100_000);
    let sealed = seal_all(&ends.client, &question, usize::MAX / 2);
    let (mut opened, mut wire) = (BytesMut::new(), Wire::new(usize::MAX / 2));
    let answer = payload(200_000);
    // It would wait for ever for a lock that this has.
    let taken = ends.server.seal(&[IoSlice::new(&answer)], |slices| {
        open(&ends.server, &sealed, &mut opened).unwrap();
        wire.write(slices)
    });
    assert_eq!((taken.unwrap(), opened.freeze()), (answer.len(), question));
    assert_eq!(open_all(&ends.client, [wire.bytes]).unwrap().0.freeze(), answer);
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let plain = payload(64);
    let length = seal_all(&ends().server, &plain, usize::MAX / 2).len();
    for place in 0..length {
        let ends = ends();
        let mut sealed = seal_all(&ends.server, &plain, usize::MAX / 2);
        sealed[place] ^= 1;
        match open_all(&ends.client, [sealed]) {
            // The record's kind, which says nothing, or its length: a longer one has not come yet.
            Ok((opened, closed)) => {
                assert!(place < 5 && !closed, "at {place}");
                assert!(opened.is_empty() || *opened == *plain, "at {place}");
            }
            Err(fault) => {
                assert!(matches!(fault, TlsFault::Protocol { .. }), "{fault}");
                let mut wire = Wire::new(usize::MAX / 2);
                assert!(ends.client.flush(|slices| wire.write(slices)).unwrap());
                assert!(!wire.bytes.is_empty(), "the peer is not told, at {place}");
            }
        }
    }
}

#[test]
fn an_end_that_was_said_is_known_and_nothing_counts_after_it() {
    let ends = ends();
    let mut wire = Wire::new(usize::MAX / 2);
    let plain = payload(100);
    ends.server
        .seal(&[IoSlice::new(&plain)], |slices| wire.write(slices))
        .unwrap();
    assert!(ends.server.close(|slices| wire.write(slices)).unwrap());
    let mut sealed = wire.bytes;
    sealed.extend([1, 2, 3]);
    let (opened, closed) = open_all(&ends.client, [sealed]).unwrap();
    assert_eq!((opened.freeze(), closed), (plain, true));
}

#[test]
fn keys_that_change_change_nothing_else() {
    let ends = ends();
    for round in 0..5 {
        ends.refresh(round % 2 == 0);
        let plain = payload(1000 + round);
        for (from, to) in [(&ends.server, &ends.client), (&ends.client, &ends.server)] {
            let sealed = seal_all(from, &plain, 17);
            let (opened, _) = open_all(to, sealed.chunks(11).map(<[u8]>::to_vec)).unwrap();
            assert_eq!(opened.freeze(), plain, "round {round}");
        }
    }
}

#[test]
fn one_that_only_changes_keys_is_cut_off() {
    let ends = ends();
    let mut sealed = Vec::new();
    let fault = loop {
        ends.refresh(true);
        let mut wire = Wire::new(usize::MAX / 2);
        assert!(ends.server.flush(|slices| wire.write(slices)).unwrap());
        sealed.extend_from_slice(&wire.bytes);
        if let Err(fault) = open(&ends.client, &wire.bytes, &mut BytesMut::new()) {
            break fault;
        }
        assert!(sealed.len() < 64 * 1024, "it goes on for ever");
    };
    assert!(matches!(fault, TlsFault::Protocol { .. }), "{fault}");
}

/// What is around its bytes counts, and the handshake before.
#[test]
fn until_it_is_let_in_a_node_has_16_kib_in_all() {
    const SEALED: usize = 1 + 22;
    let sealed = |ends: &Ends, count: usize| -> Vec<Vec<u8>> {
        let sealed: Vec<_> = (0..count)
            .map(|_| seal_all(&ends.client, &payload(1), usize::MAX / 2))
            .collect();
        assert!(sealed.iter().all(|record| record.len() == SEALED));
        sealed
    };
    let fits = (16 * 1024 - RECEIVED) / SEALED;

    let ends = strangers();
    let (opened, _) = open_all(&ends.server, sealed(&ends, fits)).unwrap();
    assert_eq!(opened.len(), fits);
    let fault = open_all(&ends.server, sealed(&ends, 1)).unwrap_err();
    assert!(matches!(fault, TlsFault::TooMuch { limit: 16384, .. }), "{fault}");

    let ends = strangers();
    open_all(&ends.server, sealed(&ends, fits)).unwrap();
    ends.server.let_in();
    let (opened, _) = open_all(&ends.server, sealed(&ends, fits)).unwrap();
    assert_eq!(opened.len(), fits);
    // A controller is not held to it.
    let ends = strangers();
    let long = seal_all(&ends.server, &payload(40_000), usize::MAX / 2);
    assert_eq!(open_all(&ends.client, [long]).unwrap().0.len(), 40_000);
}

#[test]
fn one_that_sends_nothing_but_messages_of_tls_is_cut_off() {
    let (server, client) = keys();
    let mut server = ServerConfig::clone(server);
    server.session_storage = ServerSessionMemoryCache::new(1000);
    server.send_tls13_tickets = 600;
    let mut server: Tls = ServerConnection::new(Arc::new(server)).unwrap().into();
    let mut client: Tls = ClientConnection::new(Arc::clone(client), "localhost".try_into().unwrap())
        .unwrap()
        .into();
    while server.is_handshaking() || client.is_handshaking() {
        if client.is_handshaking() {
            pass(&mut server, &mut client);
        }
        pass(&mut client, &mut server);
    }
    let ends = Ends::new(server, client);
    let mut wire = Wire::new(usize::MAX / 2);
    assert!(ends.server.flush(|slices| wire.write(slices)).unwrap());
    assert!(wire.bytes.len() > 40_000, "there are few: {}", wire.bytes.len());
    // All of them are in long records, as nothing of TLS's own is that is of use.
    let fault = open_all(&ends.client, wire.bytes.chunks(1000).map(<[u8]>::to_vec)).unwrap_err();
    assert!(matches!(fault, TlsFault::Protocol { .. }), "{fault}");
}

/// What was sealed in one record each, long enough to be opened where it lies.
fn long_records(records: &Records, count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| seal_all(records, &payload(5000 + number), usize::MAX / 2))
        .collect()
}

#[test]
fn a_long_record_may_be_cut_at_any_byte() {
    let ends = ends();
    let plain = payload(3000);
    for cut in 0..3022 {
        let sealed = seal_all(&ends.server, &plain, usize::MAX / 2);
        let pieces = [sealed[..cut].to_vec(), sealed[cut..].to_vec()];
        let (opened, closed) = open_all(&ends.client, pieces).unwrap();
        assert!(opened.freeze() == plain && !closed, "at {cut}");
    }
}

#[test]
fn a_changed_bit_of_a_long_record_is_found_and_nothing_of_it_is_given_to_anybody() {
    for place in (0..5022).step_by(251).chain([5020, 5021]) {
        let ends = ends();
        let [first, mut sealed] = <[_; 2]>::try_from(long_records(&ends.server, 2)).unwrap();
        sealed[place] ^= 0x10;
        let mut plain = BytesMut::new();
        open(&ends.client, &first, &mut plain).unwrap();
        let opened = open(&ends.client, &sealed, &mut plain);
        assert_eq!(plain.len(), 5000, "at {place}");
        if place >= 5 {
            assert!(matches!(opened, Err(TlsFault::Protocol { .. })), "at {place}");
            let mut wire = Wire::new(usize::MAX / 2);
            assert!(ends.client.flush(|slices| wire.write(slices)).unwrap());
            assert!(!wire.bytes.is_empty(), "the peer is not told, at {place}");
        }
    }
}

#[test]
fn long_records_that_come_again_in_another_order_or_not_at_all_are_found() {
    for order in [&[0, 0][..], &[1], &[1, 0], &[0, 2], &[0, 1, 0]] {
        let ends = ends();
        let sealed = long_records(&ends.server, 3);
        let pieces = order.iter().map(|record| sealed[*record].clone());
        let fault = open_all(&ends.client, pieces).unwrap_err();
        assert!(matches!(fault, TlsFault::Protocol { .. }), "{order:?}: {fault}");
    }
    // Another connection's, and the way back.
    let (one, other) = (ends(), ends());
    assert!(open_all(&one.client, long_records(&other.server, 1)).is_err());
    assert!(open_all(&other.client, long_records(&other.client, 1)).is_err());
}

#[test]
fn a_record_that_says_to_be_over_size_is_a_fault() {
    let ends = ends();
    let mut record = vec![0x17, 3, 3, 0x48, 0x01];
    record.resize(20_000, 7);
    assert!(open_all(&ends.client, [record]).is_err());
    // As long as one may be, and still no record.
    let ends = self::ends();
    let mut record = vec![0x17, 3, 3, 0x41, 0x00];
    record.resize(5 + 0x4100, 7);
    let (last, first) = record.split_last().unwrap();
    let mut plain = BytesMut::new();
    open(&ends.client, first, &mut plain).unwrap();
    assert!(open(&ends.client, &[*last], &mut plain).is_err() && plain.is_empty());
}

/// rustls itself, with its own ciphers, at the other end.
#[test]
fn rustls_understands_it_and_is_understood_also_when_keys_change() {
    for server_is_ours in [true, false] {
        let (server, client) = keys();
        let (own_server, own_client) = of_rustls();
        let (server, client) = match server_is_ours {
            true => (server, own_client),
            false => (own_server, client),
        };
        let mut server: Tls = ServerConnection::new(Arc::clone(server)).unwrap().into();
        let mut client: Tls = ClientConnection::new(Arc::clone(client), "localhost".try_into().unwrap())
            .unwrap()
            .into();
        while server.is_handshaking()
            || client.is_handshaking()
            || server.wants_write()
            || client.wants_write()
        {
            pass(&mut client, &mut server);
            pass(&mut server, &mut client);
        }
        let (ours, mut theirs) = match server_is_ours {
            true => (server, client),
            false => (client, server),
        };
        let ours = Ends::one(ours, server_is_ours);
        ours.let_in();
        for round in 0..20_usize {
            match round % 5 {
                1 => ours.refresh(),
                3 => theirs.refresh_traffic_keys().unwrap(),
                _ => {}
            }
            let plain = payload(round * 2500 + 1);
            let mut rest = &*seal_all(&ours, &plain, 70_000);
            let mut opened = Vec::new();
            while !rest.is_empty() {
                theirs.read_tls(&mut rest).unwrap();
                theirs.process_new_packets().unwrap();
                let _ = theirs.reader().read_to_end(&mut opened);
            }
            assert!(opened == plain, "from ours, {round}");
            let mut sealed = Vec::new();
            let mut rest = &plain[..];
            while !rest.is_empty() || theirs.wants_write() {
                let taken = theirs.writer().write(rest).unwrap();
                rest = &rest[taken..];
                theirs.write_tls(&mut sealed).unwrap();
            }
            let (opened, _) = open_all(&ours, sealed.chunks(1 + round * 977).map(<[u8]>::to_vec)).unwrap();
            assert!(opened.freeze() == plain, "to ours, {round}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done to records on their way, what is given is the beginning of what was sent.
    #[test]
    fn nothing_is_given_that_was_not_sent(
        lengths in prop::collection::vec(1usize..20_000, 1..6),
        place in any::<prop::sample::Index>(),
        change in prop_oneof![Just(0u8), 1u8..=255],
        moved in 0usize..400,
        cut in 1usize..9000,
    ) {
        let ends = ends();
        let sent: Vec<u8> = lengths.iter().flat_map(|length| payload(*length)).collect();
        let mut sealed: Vec<u8> = lengths.iter().flat_map(|length| seal_all(&ends.server, &payload(*length), usize::MAX / 2)).collect();
        let place = place.index(sealed.len());
        sealed[place] ^= change;
        if change & 1 == 1 {
            let end = sealed.len().min(place + moved);
            sealed.drain(place..end);
        }
        let mut plain = BytesMut::new();
        for piece in sealed.chunks(cut) {
            if open(&ends.client, piece, &mut plain).is_err() {
                break;
            }
        }
        prop_assert!(sent.starts_with(&plain));
        prop_assert!(change != 0 || plain.len() == sent.len());
    }

    /// Whatever is sent, in whatever pieces the socket takes and gives it, arrives as it was sent.
    #[test]
    fn bytes_arrive_as_they_were_sent(
        messages in prop::collection::vec((0usize..40_000, any::<bool>()), 1..12),
        room in 1usize..70_000,
        cuts in prop::collection::vec(1usize..30_000, 1..20),
    ) {
        let ends = ends();
        let mut cuts = cuts.into_iter().cycle();
        for (length, from_server) in messages {
            let (from, to) = if from_server { (&ends.server, &ends.client) } else { (&ends.client, &ends.server) };
            let plain = payload(length);
            let sealed = seal_all(from, &plain, room);
            let mut rest = &sealed[..];
            let mut opened = BytesMut::new();
            while !rest.is_empty() {
                let cut = cuts.next().expect("it goes on").min(rest.len());
                let (some, others) = rest.split_at(cut);
                open(to, some, &mut opened).unwrap();
                rest = others;
            }
            prop_assert!(opened.freeze() == plain);
        }
    }

    /// Bytes that are no records end the records, and nothing else.
    #[test]
    fn garbage_ends_a_records_by_a_fault(garbage in prop::collection::vec(any::<u8>(), 1..2000), cut in 1usize..500) {
        let ends = ends();
        let mut plain = BytesMut::new();
        for piece in garbage.chunks(cut) {
            match open(&ends.server, piece, &mut plain) {
                Ok(opened) => prop_assert_eq!(opened, Opened::Bytes(0)),
                Err(_) => break,
            }
        }
        prop_assert!(plain.is_empty());
    }
}

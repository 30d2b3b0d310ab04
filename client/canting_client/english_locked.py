"""The English words of what a passphrase locks."""

from typing import Final

WORDS: Final = {
    "Kata sandi: ": "Passphrase: ",
    "Kata sandi baru: ": "New passphrase: ",
    "Sekali lagi: ": "Once more: ",
    "Baris pertama {file} kosong.": "The first line of {file} is empty.",
    "Dua kali diketik, tidak sama. Tidak ada yang diubah.": (
        "Typed twice, and not the same. Nothing was changed."
    ),
    "Kata sandi paling sedikit {n} huruf: beberapa kata saja.": (
        "A passphrase has {n} letters at least: a few words will do."
    ),
    "Ini terkunci. Tambahkan --passphrase-file BERKAS (kata sandi di baris pertama).": (
        "This is locked. Add --passphrase-file FILE (the passphrase is its first line)."
    ),
    "Kata sandi salah; {file} tidak diubah.": "Wrong passphrase; {file} was not changed.",
    "{file} rusak atau terpotong, dan tidak bisa dibuka. Jangan dihapus; pulihkan dari "
    "cadangan: canting restore BERKAS": (
        "{file} is damaged or cut short, and cannot be opened. Do not delete it; put a backup "
        "back: canting restore FILE"
    ),
    "Buku ini baru saja dikunci. Tidak dicatat; ulangi perintah ini.": (
        "This book was locked just now. Nothing was recorded; repeat the command."
    ),
    "Ada dua buku {name!r}: yang terkunci, dan {path} yang isinya lain. "
    "Pindahkan salah satunya; tidak ada yang dihapus.": (
        "There are two books {name!r}: the locked one, and {path}, which holds something else. "
        "Move one of them away; nothing was deleted."
    ),
    "Kata sandi buku terkunci, di baris pertama berkas ini (atau CANTING_PASSPHRASE_FILE).": (
        "The passphrase of locked books, in this file's first line (or CANTING_PASSPHRASE_FILE)."
    ),
    "Kunci dengan kata sandi; lihat canting lock.": "Lock it with a passphrase; see canting lock.",
    "Untuk perajin tanpa perangkat: canting init siti --locked": (
        "For an artisan without a device: canting init siti --locked"
    ),
    "Kunci buku dengan kata sandi: tanpa itu tidak ada yang bisa membacanya di perangkat ini.": (
        "Lock a book with a passphrase: without it nobody can read it on this device."
    ),
    "Petugas yang mengetik buku orang lain perlu ini. Kata sandi diminta setiap kali, atau dibaca "
    "dari baris pertama berkas: --passphrase-file, atau CANTING_PASSPHRASE_FILE. Kata sandi yang "
    "lupa tidak bisa dicari lagi; yang sudah sampai di dinas kembali dengan canting recover.": (
        "Officers who type other people's books need this. The passphrase is asked for each time, "
        "or read from a file's first line: --passphrase-file, or CANTING_PASSPHRASE_FILE. A "
        "forgotten one cannot be recovered; what has arrived comes back by canting recover."
    ),
    "Buku {name!r} terkunci. Jangan lupa kata sandinya.": (
        "The book {name!r} is locked. Do not forget its passphrase."
    ),
    "Buku {name!r} sudah terkunci.": "The book {name!r} is locked already.",
    "Nomor perajin; awalnya cukup (relay visits).": (
        "The artisan's id; its beginning is enough (relay visits)."
    ),
    "TEKS": "TEXT",
    'Nama, di mana, kapan datang. "" menghapusnya.': 'Name, where, when to come. "" forgets it.',
    "Catat siapa perajin itu, untuk kunjungan Anda. Terkunci dengan kata sandi, dan tetap "
    "di sini.": (
        "Note who an artisan is, for your visits. Locked with your passphrase, and it stays here."
    ),
    "Catatan itu terlalu panjang: paling banyak {n} huruf.": (
        "That note is too long: {n} letters at most."
    ),
    "Dicatat untuk {artisan}. Lihat: canting relay visits": (
        "Noted for {artisan}. To see it: canting relay visits"
    ),
    "Catatan tentang {artisan} dihapus.": "The note about {artisan} was deleted.",
    "Nama yang dicatat (canting relay note) tampil kalau kata sandi disebutkan.": (
        "Names that were noted (canting relay note) are shown when the passphrase is given."
    ),
    "Nama terkunci. Lihat: canting relay visits --passphrase-file BERKAS": (
        "Names are locked. To see them: canting relay visits --passphrase-file FILE"
    ),
    "belum pernah": "never",
}

"""What Canting says, in English: the Indonesian words and what they mean.

What is typed (`tunai`, `jual` …) is the same in both languages, and so is what she wrote herself.
"""

from typing import Final

from canting_client import english_locked, english_relay, english_reports

WORDS: Final[dict[str, str]] = {
    **english_locked.WORDS,
    **english_relay.WORDS,
    **english_reports.WORDS,
    # -- recording --------------------------------------------------------------------------
    "Tercatat no. {n}:": "Recorded as no. {n}:",
    "Batalkan: canting void {n}": "To undo: canting void {n}",
    "{recorded} jual {goods}, {total} ({pay}). {undo}": (
        "{recorded} sold {goods}, {total} ({pay}). {undo}"
    ),
    "{recorded} {what} kembali, {amount} dikembalikan. {undo}": (
        "{recorded} {what} came back, {amount} given back. {undo}"
    ),
    "{recorded} beli {what}, {amount} ({pay}). {undo}": (
        "{recorded} bought {what}, {amount} ({pay}). {undo}"
    ),
    ", upah {wage} ({pay})": ", wage {wage} ({pay})",
    "{recorded} jadi {goods}{paid}. {undo}": "{recorded} made {goods}{paid}. {undo}",
    "belum ada": "none yet",
    "{recorded} {what} pindah dari {source} ke {to}. {undo}": (
        "{recorded} {what} moved from {source} to {to}. {undo}"
    ),
    "{recorded} di {called} ada {goods}. {undo}": "{recorded} at {called} lie {goods}. {undo}",
    "{recorded} no. {number} dibatalkan.": "{recorded} no. {number} is void.",
    "Yang berutang siapa? Tambahkan --to NAMA.": "Who owes it? Add --to NAME.",
    'Barang apa? Misalnya: canting sell "Kain cap" 2': (
        'Which item? For example: canting sell "Kain cap" 2'
    ),
    "Pilih satu: HARGA semuanya, atau --price harga satu.": (
        "Choose one: PRICE of all of it, or --price of one."
    ),
    "Berutang kepada siapa? Tambahkan --from NAMA.": "Owed to whom? Add --from NAME.",
    "Berutang kepada siapa? Tambahkan --to NAMA.": "Owed to whom? Add --to NAME.",
    "Upah siapa yang belum dibayar? Tambahkan --worker NAMA.": (
        "Whose wage is not paid yet? Add --worker NAME."
    ),
    "Komisinya lebih besar daripada harganya.": "The commission is more than the price.",
    'Apa yang jadi? Misalnya: canting make "Kain cap:3"': (
        'What was made? For example: canting make "Kain cap:3"'
    ),
    "Dari mana ke mana? Tambahkan --to TEMPAT (atau --from TEMPAT).": (
        "From where to where? Add --to PLACE (or --from PLACE)."
    ),
    "No. {number} pembatalan; catat lagi saja yang dibatalkan.": (
        "No. {number} is a void; record again what it voided."
    ),
    "No. {number} tidak bisa dibatalkan; ubah saja, misalnya: item edit.": (
        "No. {number} cannot be voided; change it instead, for example: item edit."
    ),
    "No. {number} sudah dibatalkan.": "No. {number} is void already.",
    "{name!r} belum punya harga: canting sell {name!r} {quantity} HARGA": (
        "{name!r} has no price yet: canting sell {name!r} {quantity} PRICE"
    ),
    "{name!r} milik sendiri: tidak ada komisi.": "{name!r} is your own: there is no commission.",
    "{text!r}: tulis BARANG:BERAPA, misalnya 'Kain cap:3'": (
        "{text!r}: write ITEM:HOW-MANY, for example 'Kain cap:3'"
    ),
    "{each!r}: tulis BARANG:BERAPA:HARGA, misalnya Syal:1:90.000": (
        "{each!r}: write ITEM:HOW-MANY:PRICE, for example Syal:1:90.000"
    ),
    "{each!r}: tulis BARANG=BERAPA, misalnya 'Kain cap=4'": (
        "{each!r}: write ITEM=HOW-MANY, for example 'Kain cap=4'"
    ),
    "No. {of} bukan penjualan. Lihat: canting log": "No. {of} is no sale. See: canting log",
    "Dinas hanya melihat bahwa Anda terdaftar.": (
        "The department sees only that you are registered."
    ),
    "Dinas melihat jumlah penjualan per bulan, bukan rinciannya.": (
        "The department sees your sales by month, not each of them."
    ),
    "Dinas melihat rincian penjualan dan barang. Nama pembeli tetap tidak terlihat.": (
        "The department sees every sale and item. Buyers' names stay hidden."
    ),
    # -- money ------------------------------------------------------------------------------
    "{name} membayar {amount} ({pay}).": "{name} paid {amount} ({pay}).",
    "dibayar kepada {name} {amount} ({pay}).": "paid {name} {amount} ({pay}).",
    "Lunas.": "All is paid.",
    "Lebih {amount}: dihitung sebagai uang muka.": "{amount} too much: it counts as an advance.",
    "{name} masih berutang {amount}.": "{name} still owes {amount}.",
    "Anda masih berutang {amount}.": "You still owe {amount}.",
    "{name} berutang kepada Anda {amount}": "{name} owes you {amount}",
    "Anda berutang kepada {name} {amount}": "You owe {name} {amount}",
    "Uang muka dengan {name}: {amount}": "Advance with {name}: {amount}",
    "Tidak ada utang, tidak ada piutang.": "Nobody owes anything.",
    "Uangnya masuk atau keluar? Tambahkan --in ({name} membayar) atau --out (Anda membayar).": (
        "Does the money come in or go out? Add --in ({name} pays) or --out (you pay)."
    ),
    "Berapa yang dibayar? Yang belum lunas: {amount}.": "How much is paid? Still open: {amount}.",
    "Tidak ada utang dengan {name}.": "Nothing is open with {name}.",
    "Biaya apa? Misalnya: canting expense listrik 150.000": (
        "Spent on what? For example: canting expense listrik 150.000"
    ),
    "biaya {what} {amount} ({pay}).": "spent on {what} {amount} ({pay}).",
    "Dari mana ke mana? --from dan --to harus berbeda.": (
        "From where to where? --from and --to must differ."
    ),
    "Salah satunya harus uang Anda: tunai, bank, atau qris.": (
        "One of them must be money of yours: tunai (cash), bank, or qris."
    ),
    "Potongannya lebih besar daripada uangnya.": "The fee is more than the money.",
    "{amount} dari {a} ke {b}": "{amount} from {a} to {b}",
    ", potongan {fee}": ", fee {fee}",
    "Sekarang: {now}.": "Now: {now}.",
    "Berapa uangnya? Nol tidak dicatat.": "How much money? Nothing is not recorded.",
    # -- what is typed and read -------------------------------------------------------------
    " dan {n} barang lain": " and {n} other items",
    "tanggal mustahil": "impossible day",
    "Berapa barangnya? {text!r} berarti tidak ada.": "How many? {text!r} means none.",
    "{text!r}: pilih salah satu dari {among}.": "{text!r}: choose one of {among}.",
    "{text!r} bukan bulan; tulis seperti Nov 2026 atau 2026-11": (
        "{text!r} is no month; write it like Nov 2026 or 2026-11"
    ),
    "Jan": "Jan",
    "Feb": "Feb",
    "Mar": "Mar",
    "Apr": "Apr",
    "Mei": "May",
    "Jun": "Jun",
    "Jul": "Jul",
    "Agt": "Aug",
    "Sep": "Sep",
    "Okt": "Oct",
    "Nov": "Nov",
    "Des": "Dec",
    # -- items, partners, places ------------------------------------------------------------
    "Tercatat no. {n}: {name}": "Recorded as no. {n}: {name}",
    "Tercatat no. {n}: {called} diubah": "Recorded as no. {n}: {called} changed",
    "Namanya apa?": "What is it called?",
    "{name!r} sudah ada di daftar.": "{name!r} is in the list already.",
    "{called!r} selalu ada dan tidak diubah.": "{called!r} is always there and never changes.",
    "Apa yang diubah? Tambahkan --help untuk melihat pilihannya.": (
        "What is to change? Add --help to see what can."
    ),
    "{called!r} tentu sama dengan dirinya.": "{called!r} is the same as itself, of course.",
    "Tidak ada yang bernama {name!r}. Lihat: canting {word} list": (
        "Nothing is called {name!r}. See: canting {word} list"
    ),
    "{name!r} bisa berarti: {names}": "{name!r} could be: {names}",
    "{name!r} bisa berarti: {same}. Pakai yang di dalam kurung, atau satukan.": (
        "{name!r} could be: {same}. Use what is in brackets, or join them."
    ),
    "Tidak ada catatan nomor {number!r}. Lihat: canting log": (
        "There is no record number {number!r}. See: canting log"
    ),
    "Nomor {number!r} bisa berarti beberapa catatan; tulis lebih lengkap.": (
        "Number {number!r} could be several records; write more of it."
    ),
    "belum dikenal": "not known yet",
    "(tidak terbaca dengan kunci buku ini)": "(not readable with this book's key)",
    "(tidak dipakai lagi)": "(not used any more)",
    # -- what the book says -----------------------------------------------------------------
    "Belum ada catatan.": "There are no records yet.",
    "(dibatalkan)": "(void)",
    "(tidak dihitung)": "(not counted)",
    "no. {of}": "no. {of}",
    "no. {n}": "no. {n}",
    "{n} catatan. Uang masuk {came_in}, keluar {went_out}.": (
        "{n} records. Money in {came_in}, out {went_out}."
    ),
    "kurang dari nol: hitung barangnya": "below zero: count what is there",
    "hampir habis": "nearly gone",
    "{uncertain} belum pasti: hitung lagi": "{uncertain} uncertain: count again",
    "dua hitungan berbeda: hitung lagi": "two counts differ: count again",
    "Belum ada barang.": "There are no goods yet.",
    "profil": "profile",
    "isian {field}": "field {field}",
    "  ← yang dipakai": "  ← the one in use",
    "{item} di {place}": "{item} at {place}",
    "hitungan": "count",
    "{item} di {place}: dua hitungan berbeda. Hitung lagi barangnya.": (
        "{item} at {place}: two counts differ. Count again."
    ),
    "Tidak ada yang berbeda.": "Nothing differs.",
    "Belum terkirim (hanya di perangkat ini): {only_here}": (
        "Not sent yet (only on this device): {only_here}"
    ),
    "Semua terkirim ✓": "All is sent ✓",
    "Sudah di dinas: {in_registry}": "In the registry: {in_registry}",
    "Buku ini masih kosong.": "This book is still empty.",
    "lihat dinas": "ask the department",
    "  Lihat: canting conflicts": "  See: canting conflicts",
    "Belum terhubung ke dinas: canting join ALAMAT KODE": (
        "Not joined to the department yet: canting join ADDRESS CODE"
    ),
    "ditulis lain di tempat lain": "written differently elsewhere",
    "disimpan, menunggu": "stored, waiting",
    "disimpan, tidak dihitung": "stored, not counted",
    "dinas belum mengenal jenis catatan ini": "the registry does not know this kind of record yet",
    "perangkat yang menulisnya dicabut dinas": "the department revoked the device that wrote it",
    "Perangkat ini dicabut oleh dinas sejak {date}{why}; catatan sesudahnya ditahan dinas "
    "sampai diperiksa.": (
        "The department revoked this device on {date}{why}; it holds back what was recorded "
        "after that until it has been checked."
    ),
    "isinya tidak terbaca": "what it holds cannot be read",
    "bukan wewenang yang menulis": "its writer may not write this",
    "yang dibatalkan bukan catatan sendiri": "what it voids is somebody else's",
    "yang dibatalkan bukan catatan kejadian": "what it voids is no fact",
    "perangkat ini": "this device",
    "dinas": "the department",
    "perangkat lain": "another device",
    # -- the whole book ---------------------------------------------------------------------
    "{files} tabel, {facts} catatan, ditulis ke {target}.": (
        "{files} tables, {facts} records, written to {target}."
    ),
    "Nama orang terbaca di dalamnya: simpan baik-baik.": (
        "People's names can be read in it: keep it well."
    ),
    "Cadangan buku {name!r} ({n} catatan) ada di {target}.": (
        "The backup of book {name!r} ({n} records) is in {target}."
    ),
    "Simpan di luar perangkat ini. Memulihkan: canting restore BERKAS": (
        "Keep it off this device. To put it back: canting restore FILE"
    ),
    "Buku {name!r} pulih: {n} catatan.": "Book {name!r} is back: {n} records.",
    "Buku yang lama disimpan di {kept}.": "The book that was there is kept in {kept}.",
    "Ambil yang lebih baru dari dinas: canting sync": (
        "To get what is newer from the department: canting sync"
    ),
    "rusak": "damaged",
    "berisi {here} catatan": "holds {here} records",
    "Buku {name!r} sudah ada dan {here}; cadangan ini {there}. Tambahkan --yes untuk "
    "menggantinya (yang lama disimpan), atau --book NAMA-LAIN.": (
        "There is a book {name!r} already ({here}); this backup holds {there}. "
        "Add --yes to take its place (the old one is kept), or --book ANOTHER-NAME."
    ),
    "Salinannya rusak; coba di tempat lain.": "The copy is damaged; try another place.",
    "{file} bukan cadangan buku Canting.": "{file} is no backup of a Canting book.",
    "{file} rusak: pakai cadangan lain.": "{file} is damaged: use another backup.",
    "Berkas itu salinan buku dari perangkat lain, tanpa kuncinya. Pakai: canting backup": (
        "That file is a copy of another device's book, without its key. Use: canting backup"
    ),
    'Buku {name!r} siap. Catat barang: canting item add "Kain cap"': (
        'Book {name!r} is ready. Add an item: canting item add "Kain cap"'
    ),
    "Kunci perangkat di {path} rusak.": "The device's key in {path} is damaged.",
    "Nama buku {name!r} tidak bisa dipakai: huruf kecil, angka, - dan _ saja.": (
        "A book cannot be called {name!r}: small letters, digits, - and _ only."
    ),
    "Buku {name!r} sudah ada di perangkat ini.": "There is a book {name!r} on this device already.",
    "Tidak ada buku {name!r}. Yang ada: {known}.": "There is no book {name!r}. There are: {known}.",
    "Belum ada buku di perangkat ini. Mulai: canting init NAMA": (
        "There is no book on this device yet. Begin: canting init NAME"
    ),
    "Ada beberapa buku; pilih dengan --book: {names}": (
        "There are several books; choose with --book: {names}"
    ),
    # -- importing --------------------------------------------------------------------------
    "{sales} penjualan masuk: {amount}, {quantity} barang{came_back}.": (
        "{sales} sales came in: {amount}, {quantity} pieces{came_back}."
    ),
    " ({returned} kembali)": " ({returned} came back)",
    "{known} sudah ada di buku, tidak dicatat lagi.": (
        "{known} were in the book already, not recorded again."
    ),
    "{skipped} bukan penjualan (menurut statusnya), dilewati.": (
        "{skipped} are no sales (by their status), skipped."
    ),
    "{n} baris tidak terbaca dan TIDAK masuk:": "{n} rows cannot be read and did NOT come in:",
    "  baris {line}: {reason}": "  line {line}: {reason}",
    "  … dan {n} lagi (semua: --json)": "  … and {n} more (all: --json)",
    "Betulkan baris itu lalu impor lagi; yang sudah masuk tidak dobel.": (
        "Mend those rows and import again; what came in is not doubled."
    ),
    "--item hanya untuk penjualan.": "--item is for sales only.",
    "{n} barang masuk.": "{n} items came in.",
    "{n} orang masuk.": "{n} partners came in.",
    "{n} baris stok awal masuk.": "{n} rows of opening stock came in.",
    "{n} sudah ada di buku, tidak dicatat lagi.": (
        "{n} were in the book already, not recorded again."
    ),
    "of: peta ini bukan peta penjualan": "of: this map is not one of sales",
    "{item!r} sudah ada di baris {line}": "{item!r} is in line {line} already",
    "peta kolom {columns} bukan berkas teks (UTF-8)": "column map {columns} is no text (UTF-8)",
    "jumlahnya terlalu besar": "the amount is too big",
    "peta kolom salah: {error}": "the column map is wrong: {error}",
    "baris judul {reason}": "the heading line: {reason}",
    "ada {times} kali di file": "is {times} times in the file",
    "tidak ada di file": "is not in the file",
    "(kosong)": "(none)",
    "{key}: kolom {column!r} {fault}; kolom di file: {has}": (
        "{key}: column {column!r} {fault}; the file has: {has}"
    ),
    "jumlah rupiah kosong": "the amount is empty",
    "jumlah rupiah tidak boleh negatif: {text}": "an amount cannot be below zero: {text}",
    "{text} bukan jumlah rupiah yang pasti; tulis seperti 1250000 atau 1.250.000": (
        "{text} is no certain amount of rupiah; write it like 1250000 or 1.250.000"
    ),
    "jumlah barang kosong": "the quantity is empty",
    "{text} bukan jumlah barang yang pasti; tulis seperti 2 atau 1,5": (
        "{text} is no certain quantity; write it like 2 or 1,5"
    ),
    "tanggal kosong": "the date is empty",
    "{text} bukan tanggal; tulis seperti 2024-04-01 atau 1 April 2024": (
        "{text} is no date; write it like 2024-04-01 or 1 April 2024"
    ),
    "bulan {named} tidak dikenal": "no month is called {named}",
    "tahun {year} di luar {first} sampai {last}": "the year {year} is outside {first} to {last}",
    "tanggal {text} tidak ada di kalender": "no calendar has the date {text}",
    "ada huruf yang rusak di baris ini": "there are broken letters in this line",
    "ada {found} kolom, seharusnya {wanted}": "there are {found} columns, and should be {wanted}",
    "kolom {quantity}: jumlah barang nol": "column {quantity}: the quantity is zero",
    "kolom {returned}: lebih banyak yang kembali daripada terjual": (
        "column {returned}: more came back than were sold"
    ),
    "kolom {column}: lebih dari {most} huruf": "column {column}: more than {most} letters",
    "{text} terlalu besar": "{text} is too big",
    "kolom {column}: {error}": "column {column}: {error}",
    " (sampai baris {last})": " (to line {last})",
    "tidak terbaca sebagai CSV: tanda kutip tidak cocok?{to}": (
        "cannot be read as CSV: does a quotation mark miss its other?{to}"
    ),
    "channel dan channel_is tidak boleh diisi dua-duanya": (
        "channel and channel_is cannot both be filled in"
    ),
    "sold_when harus diisi: nilai kolom status yang berarti terjual": (
        "sold_when must be filled in: the values of the status column that mean sold"
    ),
    "sold_when hanya berlaku bersama status: kolom mana yang berisi status?": (
        "sold_when goes together with status: which column holds the status?"
    ),
    "delimiter tidak bisa berupa {delimiter!r}": "the delimiter cannot be {delimiter!r}",
    "kolom {column}: terlalu panjang": "column {column}: too long",
    "kolom {column}: terlalu besar": "column {column}: too big",
    "kolom {column}: namanya kosong": "column {column}: the name is empty",
    "kolom {column}: pilih produk atau bahan": (
        "column {column}: choose produk (product) or bahan (material)"
    ),
    "stok awal dihitung kapan? Isi date (kolom) atau date_is (satu hari)": (
        "when was the opening stock counted? Fill in date (a column) or date_is (one day)"
    ),
    "of: {of!r} tidak dikenal; pilih {all}": "of: {of!r} is not known; choose {all}",
    "date_is: {error}": "date_is: {error}",
    "{file}: simpan dulu sebagai .xlsx atau .csv": "{file}: save it as .xlsx or .csv first",
    "sheet hanya untuk berkas .xlsx": "sheet is for .xlsx files only",
    "sheet: {sheet!r} tidak ada; yang ada: {has}": (
        "sheet: there is no {sheet!r}; there are: {has}"
    ),
    "Berkas Excel belum bisa dibaca di sini. Pasang: pip install 'canting[xlsx]', atau simpan "
    "sebagai CSV.": (
        "Excel files cannot be read here yet. Install: pip install 'canting[xlsx]', or save it "
        "as CSV."
    ),
    "{file} tidak terbaca sebagai berkas Excel": "{file} cannot be read as an Excel file",
    "{n} baris": "{n} rows",
    # -- the registry -----------------------------------------------------------------------
    "Kunci ditulis ke {out}. Hapus berkas itu setelah dipakai.": (
        "The key is written to {out}. Delete that file once it is used."
    ),
    "Kunci diterima.": "The key is accepted.",
    "Terhubung ke dinas. Kirim catatan: canting sync": (
        "Joined to the department. Send the records: canting sync"
    ),
    "{text}\nDi perangkat kedua: canting join ALAMAT KODE --key KUNCI-INI\n"
    "Jangan perlihatkan kepada orang lain.": (
        "{text}\nOn the second device: canting join ADDRESS CODE --key THIS-KEY\n"
        "Do not show it to anybody."
    ),
    "Kuncinya mana? Lihat di perangkat lain: canting key show": (
        "Where is the key? See on the other device: canting key show"
    ),
    "Kunci buku salah ketik: periksa lagi hurufnya.": (
        "The book key is mistyped: look at the letters again."
    ),
    "Kode itu untuk buku orang lain. Buku ini tidak diubah.": (
        "That code is for somebody else's book. This book stays as it is."
    ),
    "Alamat dinas diawali https:// – maksudnya https://{address} ?": (
        "The department's address begins with https:// – is it https://{address} ?"
    ),
    "Belum ada buku yang terhubung ke dinas: canting join ALAMAT KODE": (
        "No book is joined to the department yet: canting join ADDRESS CODE"
    ),
    "{book}: {sent} catatan terkirim, {received} diterima.": (
        "{book}: {sent} records sent, {received} received."
    ),
    " Masih di sini: {only_here}.": " Still here: {only_here}.",
    "  Buku ini pernah disalin atau dipulihkan. Catatan semua salinan disimpan; periksa kalau "
    "ada yang tercatat dua kali: canting log": (
        "  This book was copied or put back. The records of every copy are kept; see whether "
        "anything is recorded twice: canting log"
    ),
    "  {refused} kiriman ditolak dinas; tetap aman di sini.": (
        "  {refused} batches were refused by the department; they are safe here."
    ),
    "Catatan Anda aman di perangkat ini.": "Your records are safe on this device.",
    "Dinas tidak terjangkau sekarang. {safe}": "The department cannot be reached now. {safe}",
    "Yang menjawab bukan dinas: mungkin halaman masuk WiFi. {safe}": (
        "It was not the department that answered: a WiFi login page, perhaps. {safe}"
    ),
    "Dinas menolak ({code}). {safe}": "The department refused ({code}). {safe}",
    "Dinas tidak mengenal perangkat ini. {safe} Minta kode baru dari dinas.": (
        "The department does not know this device. {safe} Ask the department for a new code."
    ),
    "Kode itu tidak dikenal; periksa hurufnya.": "That code is not known; look at its letters.",
    "Kode itu sudah dipakai; minta yang baru.": "That code was used already; ask for a new one.",
    "Kode itu sudah lewat waktunya; minta yang baru.": "That code has expired; ask for a new one.",
    "Dinas sudah menghapus semua data Anda atas permintaan Anda, dan tidak menerimanya lagi. "
    "Buku di perangkat ini tetap milik Anda: tidak ada yang berubah atau hilang.": (
        "The department has erased all your data at your request, and takes it in no more. "
        "The book on this device stays yours: nothing in it has changed or been lost."
    ),
    "Terlalu sering salah; coba lagi nanti.": "Wrong too often; try again later.",
    "Dinas memakai Canting versi lain; perbarui dulu. {safe}": (
        "The department has another version of Canting; update first. {safe}"
    ),
    # -- what went wrong --------------------------------------------------------------------
    "Dihentikan.": "Stopped.",
    "Ada isian yang terlalu besar atau terlalu panjang. Tidak dicatat.": (
        "Something is too big or too long. Not recorded."
    ),
    "Buku ini belum terhubung ke dinas: canting join ALAMAT KODE": (
        "This book is not joined to the department yet: canting join ADDRESS CODE"
    ),
    "Buku ini dari Canting yang lebih baru; perbarui dulu. Tidak ada yang hilang.": (
        "This book is of a newer Canting; update first. Nothing is lost."
    ),
    "Buku ini sedang dipakai program lain. Coba lagi sebentar.": (
        "Another program is using this book. Try again in a moment."
    ),
    "Penyimpanan penuh: catatan ini tidak masuk. Kosongkan dulu.": (
        "The storage is full: this was not recorded. Make room first."
    ),
    "Berkas buku tidak bisa dibuka ({error}). Jangan dihapus; minta petugas datang.": (
        "The book's file cannot be opened ({error}). Do not delete it; ask an officer to come."
    ),
    "Berkas {filename} tidak bisa dibuka: {why}.": "File {filename} cannot be opened: {why}.",
    "tidak ada": "it is not there",
    "tidak diizinkan": "not allowed",
    "itu folder": "it is a folder",
    "sudah ada": "it is there already",
    " Lihat: {path} --help": " See: {path} --help",
    "Perintah itu tidak ada.{see}": "There is no such command.{see}",
    "Isiannya terlalu banyak; nama yang lebih dari satu kata diberi tanda kutip.{see}": (
        "Too much is filled in; a name of more than one word goes in quotation marks.{see}"
    ),
    "Masih kurang {param}.{see}": "Missing {param}.{see}",
    "Tidak ada pilihan {option_name}.{see}": "There is no option {option_name}.{see}",
    "Pilihan {option_name} salah dipakai: isinya apa?{see}": (
        "Option {option_name} is used wrongly: what is its value?{see}"
    ),
    "Isian {param} salah.{see}": "{param} is wrong.{see}",
    "Bahasa {lang!r} tidak ada; pilih: {all}.": (
        "There is no language {lang!r}; choose one of: {all}."
    ),
    # -- kinds, accounts, fields ------------------------------------------------------------
    "jual": "sale",
    "kembali": "return",
    "bayar": "payment",
    "pindah uang": "transfer",
    "beli": "purchase",
    "biaya": "expense",
    "buat": "production",
    "pindah": "move",
    "hitung": "count",
    "batal": "void",
    "tunai": "cash",
    "bank": "bank",
    "qris": "qris",
    "piutang": "on credit",
    "utang": "owed",
    "uang muka": "advance",
    "modal": "capital",
    "prive": "drawings",
    "awal": "opening",
    "penjualan": "sales",
    "komisi": "commission",
    "potongan": "fees",
    "pembelian": "stock",
    "upah": "wages",
    "nama": "name",
    "merek": "brand",
    "kelurahan": "area",
    "kerajinan": "craft",
    "telepon": "phone",
    "pekerja": "workers",
    "jam kerja": "hours",
    "NIB": "NIB",
    "badan usaha": "legal form",
    "tahun mulai": "start year",
    "keadaan": "status",
    "desa": "village",
    "kecamatan": "district",
    "kota": "city",
    "jenis": "type",
    "satuan": "unit",
    "harga": "price",
    "motif": "motif",
    "teknik": "technique",
    "pewarna": "dye",
    "kain": "textile",
    "golongan": "class",
    "sisa terkecil": "least stock",
    "pemilik": "owner",
    "sama dengan": "same as",
    "tidak dipakai lagi": "not used any more",
    "sebagai": "role",
    "catatan": "note",
    # -- help pages -------------------------------------------------------------------------
    "Lihat penjelasan ini.": "Show this page.",
    "Isian": "Arguments",
    "Pilihan": "Options",
    "Perintah": "Commands",
    "[biasanya: {}]": "[usually: {}]",
    "[harus diisi]": "[required]",
    "Contoh:": "Examples:",
    "FOLDER": "FOLDER",
    "NAMA": "NAME",
    "BAHASA": "LANGUAGE",
    "MEREK": "BRAND",
    "KELURAHAN": "AREA",
    "BARANG": "ITEM",
    "BERAPA": "HOW-MANY",
    "HARGA": "PRICE",
    "BARANG:BERAPA:HARGA": "ITEM:HOW-MANY:PRICE",
    "BARANG:BERAPA": "ITEM:HOW-MANY",
    "BARANG=BERAPA": "ITEM=HOW-MANY",
    "TEMPAT": "PLACE",
    "LEWAT": "CHANNEL",
    "CARA": "HOW",
    "ORANG": "WHO",
    "TANGGAL": "DATE",
    "POTONGAN": "FEE",
    "KOMISI": "COMMISSION",
    "CATATAN": "NOTE",
    "NOMOR": "NUMBER",
    "UANG": "MONEY",
    "UPAH": "WAGE",
    "ALASAN": "REASON",
    "TINGKAT": "LEVEL",
    "UNTUK": "FOR",
    "DARI": "FROM",
    "KE": "TO",
    "BULAN": "MONTH",
    "JENIS": "KIND",
    "TUJUAN": "TARGET",
    "BERKAS": "FILE",
    "PETA": "MAP",
    "ALAMAT": "ADDRESS",
    "KODE": "CODE",
    "KUNCI": "KEY",
    "SATUAN": "UNIT",
    "MOTIF": "MOTIF",
    "WARNA": "DYE",
    "KAIN": "TEXTILE",
    "GOLONGAN": "CLASS",
    "SEBAGAI": "ROLE",
    "Canting: buku usaha perajin batik. Dicatat di sini, dengan atau tanpa jaringan.": (
        "Canting: the book of a batik artisan. Recorded here, with or without a network."
    ),
    "Tempat buku-buku disimpan.": "Where the books are kept.",
    "Buku siapa, kalau ada beberapa.": "Whose book, where there are several.",
    "Jawab dalam JSON.": "Answer in JSON.",
    "id (Indonesia) atau en (Inggris).": "id (Indonesian) or en (English).",
    "Pasang pelengkap perintah untuk shell ini.": "Install completion for this shell.",
    "Tampilkan pelengkap perintah, untuk disalin atau disesuaikan.": (
        "Show completion, to be copied or adapted."
    ),
    "Mulai buku baru. Tidak perlu jaringan, tidak perlu izin siapa pun.": (
        "Begin a new book. No network is needed, and nobody's permission."
    ),
    "Nama buku: satu kata, huruf kecil.": "The book's name: one word, small letters.",
    "Nama perajin, untuk dinas.": "The artisan's name, for the department.",
    "Merek usaha.": "Her brand.",
    "Kelurahan tempat usaha.": "The kelurahan where she works.",
    "Catat penjualan. Tanpa HARGA dipakai harga biasa.": (
        "Record a sale. Without PRICE it is the usual one."
    ),
    "Barang apa; awal namanya cukup.": "Which item; the beginning of its name will do.",
    "Berapa: 2, atau 1,5.": "How many: 2, or 1,5.",
    "Harga semuanya, misalnya 350.000.": "The price of all of it, for example 350.000.",
    "Harga satu, kalau bukan harga biasa.": "The price of one, if it is not the usual one.",
    "Barang lain yang dibeli sekalian.": "Another item bought along with it.",
    "Di tempat mana.": "At which place.",
    "Lewat: langsung, toko, pasar, wa, tokopedia, shopee, pameran, titip, seragam.": (
        "How it came about: langsung (direct), toko (shop), pasar (market), wa (WhatsApp), "
        "tokopedia, shopee, pameran (fair), titip (consignment), seragam (uniforms)."
    ),
    "Dibayar: tunai, transfer, qris, utang.": "How: tunai (cash), transfer, qris, utang (owed).",
    "Dibayar: tunai, transfer, qris.": "How: tunai (cash), transfer, qris.",
    "Pembelinya (harus, kalau utang).": "The buyer (a must where it is owed).",
    "Kapan, kalau bukan hari ini: 3 Nov 2026.": "When, if it was not today: 3 Nov 2026.",
    "Potongan toko daring atau QRIS.": "What the online shop or QRIS takes.",
    "Bagian Anda dari barang titipan orang.": "Your part, of goods that are another's.",
    "Catatan; hanya terbaca di buku Anda.": "A note; only your book can read it.",
    "Nomor pesanan di toko daring.": "The order's number in the online shop.",
    "Catat barang yang dikembalikan pembeli.": "Record goods that a buyer brought back.",
    "Uang yang dikembalikan, semuanya.": "The money given back, all of it.",
    "Nomor catatan penjualannya.": "The number of the sale.",
    "Dari pembeli siapa.": "From which buyer.",
    "Catat pembelian bahan atau barang.": "Record a purchase of materials or goods.",
    "Harga semuanya.": "The price of all of it.",
    "Dari pemasok siapa.": "From which supplier.",
    "Catat pembuatan: bahan dipakai, kain jadi, upah.": (
        "Record production: materials used, cloth made, wages."
    ),
    "Yang jadi.": "What was made.",
    "Bahan yang habis dipakai.": "Materials used up.",
    "Yang jadi ditaruh di mana.": "Where what was made went.",
    "Upah semuanya.": "The wage for all of it.",
    "Pembatiknya (harus, kalau upah diutang).": "Who made it (a must where the wage is owed).",
    "Catat barang pindah tempat. Titip jual itu pindah, bukan jual.": (
        "Record goods that change place. Consignment is a move, not a sale."
    ),
    "Dari tempat mana.": "From which place.",
    "Ke tempat mana.": "To which place.",
    "Catat hasil menghitung barang. Yang tidak disebut tidak ikut dihitung.": (
        "Record a count. What is not named was not counted."
    ),
    "Barang, dan ada berapa.": "Which item, and how many there are.",
    "Batalkan catatan yang salah. Catatannya tetap terlihat, hanya tidak dihitung lagi.": (
        "Void a wrong record. It can still be seen, it only does not count any more."
    ),
    "Nomor catatan, seperti di canting log.": "The record's number, as in canting log.",
    "Kenapa.": "Why.",
    "Pilih apa yang boleh dilihat dinas. Boleh diubah kapan saja.": (
        "Choose what the department may see. You may change it at any time."
    ),
    "registry: hanya bahwa Anda terdaftar": "registry: only that you are registered",
    "totals: jumlah per bulan (ini yang berlaku kalau Anda tidak memilih)": (
        "totals: sums by month (this holds where you do not choose)"
    ),
    "lines: rincian penjualan dan barang": "lines: every sale and item",
    "registry, totals, atau lines.": "registry, totals, or lines.",
    "Catat pembayaran utang, boleh dicicil. Tanpa ORANG: siapa masih berutang.": (
        "Record a payment of a debt, in parts too. Without WHO: who still owes what."
    ),
    "Siapa; awal namanya cukup.": "Who; the beginning of the name will do.",
    "Berapa; atau: lunas.": "How much; or: all.",
    "Uang masuk dari dia, atau keluar untuk dia.": "Money from them, or to them.",
    "Catat biaya yang bukan barang. UNTUK jangan berisi nama orang; itu di --note.": (
        "Record an expense that is not goods. No people's names in FOR; they go in --note."
    ),
    "Untuk apa: listrik, sewa, ongkir, pameran.": (
        "What for: listrik (electricity), sewa (rent), ongkir (postage), pameran (fair)."
    ),
    "Berapa.": "How much.",
    "Kepada siapa (harus, kalau utang).": "To whom (a must where it is owed).",
    "Catat uang pindah: QRIS cair, setor ke bank, modal masuk, prive, saldo awal.": (
        "Record money that moves: QRIS settled, cash banked, capital in, drawings, opening balance."
    ),
    "Modal masuk: canting transfer 2.000.000 --from modal --to tunai": (
        "Capital in: canting transfer 2.000.000 --from modal --to tunai"
    ),
    "Untuk rumah tangga: canting transfer 300.000 --from tunai --to prive": (
        "For the household: canting transfer 300.000 --from tunai --to prive"
    ),
    "Yang sudah ada waktu mulai: canting transfer 750.000 --from awal --to tunai": (
        "What was there at the beginning: canting transfer 750.000 --from awal --to tunai"
    ),
    "Berapa, sebelum potongan.": "How much, before the fee.",
    "Dari: tunai, bank, qris, modal, prive, awal.": (
        "From: tunai (cash), bank, qris, modal (capital), prive (drawings), awal (opening)."
    ),
    "Ke: tunai, bank, qris, modal, prive, awal.": (
        "To: tunai (cash), bank, qris, modal (capital), prive (drawings), awal (opening)."
    ),
    "Potongan QRIS atau bank.": "What QRIS or the bank takes.",
    "Lihat catatan terbaru, dengan nomornya.": "See the newest records, with their numbers.",
    "Berapa catatan.": "How many records.",
    "Lihat sisa barang, dan di mana.": "See what is in stock, and where.",
    "Hanya di tempat ini.": "Only at this place.",
    "Lihat yang ditulis berbeda di dua perangkat. Tulis sekali lagi untuk memutuskan.": (
        "See what two devices wrote differently. Write it once more to settle it."
    ),
    "Lihat apa yang sudah dan belum sampai ke dinas.": (
        "See what has and has not reached the department."
    ),
    "Lihat buku harian: semua catatan menurut tanggal, yang dibatalkan ditandai.": (
        "See the journal: every record by its date, void ones marked."
    ),
    "Bulan ini saja: Nov 2026, atau 2026-11.": "This month only: Nov 2026, or 2026-11.",
    "Hanya dengan orang ini.": "Only with this person.",
    "Hanya barang ini.": "Only this item.",
    "Hanya: jual, kembali, bayar, pindah uang, beli, biaya, buat, pindah, hitung, batal.": (
        "Only: sale, return, payment, transfer, purchase, expense, production, move, count, void."
    ),
    "Tulis seluruh buku sebagai tabel CSV: data ini milik Anda.": (
        "Write the whole book as CSV tables: the data are yours."
    ),
    "Nama orang terbaca di dalamnya, juga kalau bukunya terkunci. Yang sudah ada tidak pernah "
    "ditimpa.": (
        "People's names can be read in them, also of a locked book. What is there already is never "
        "overwritten."
    ),
    "Folder baru, atau berkas baru .zip.": "A new folder, or a new .zip file.",
    "Pisahkan dengan titik koma: untuk Excel Indonesia.": (
        "Separate with semicolons: for an Indonesian Excel."
    ),
    "Buat cadangan buku, juga selagi buku dipakai. Yang sudah ada tidak pernah ditimpa.": (
        "Make a backup of the book, even while it is in use. Nothing is ever overwritten."
    ),
    "Siapa memegang berkas ini bisa membaca dan menulis buku Anda, juga kalau bukunya terkunci: "
    "cadangan tidak terkunci. Simpan baik-baik.": (
        "Whoever holds this file can read and write your book, also a locked one: a backup is not "
        "locked. Keep it well."
    ),
    "Berkas baru untuk cadangan.": "A new file for the backup.",
    "Pulihkan buku dari cadangan, di perangkat ini atau perangkat baru.": (
        "Put a book back from a backup, on this device or a new one."
    ),
    "Sesudahnya: canting sync. Yang dicatat sesudah cadangan dan sudah sampai di dinas "
    "kembali juga.": (
        "Then: canting sync. What was recorded after the backup and reached the department comes "
        "back too."
    ),
    "Sebagai buku lain: canting restore siti-24-nov.canting --book siti2": (
        "As another book: canting restore siti-24-nov.canting --book siti2"
    ),
    "Berkas cadangan.": "The backup file.",
    "Ganti buku yang ada; yang lama disimpan.": "Take the book's place; the old one is kept.",
    "Masukkan penjualan, barang, orang atau stok awal dari berkas CSV atau Excel (.xlsx).": (
        "Bring in sales, items, partners or opening stock from a CSV or Excel (.xlsx) file."
    ),
    "Berkas yang sama dua kali tidak menambah apa-apa. Baris yang salah disebut, yang baik "
    "masuk.": ("The same file twice adds nothing. Bad rows are named, good ones come in."),
    "Peta kolom adalah berkas kecil yang menyebut kolom mana berisi apa. Penjualan, misalnya:": (
        "The column map is a small file that says which column holds what. Sales, for example:"
    ),
    "Barang, orang, dan stok awal menyebut itu di baris pertama:": (
        "Items, partners and opening stock say so in the first line:"
    ),
    "Berkas CSV atau XLSX.": "A CSV or XLSX file.",
    "Peta kolom (TOML): kolom mana berisi apa.": "Column map (TOML): which column holds what.",
    "Catat semua sebagai barang ini.": "Record all of it as this item.",
    "Hubungkan buku ini ke dinas, dengan kode dari dinas.": (
        "Join this book to the department, with a code from the department."
    ),
    "Perangkat kedua: tambahkan --key dengan kunci dari yang pertama (canting key show).": (
        "A second device: add --key with the key of the first (canting key show)."
    ),
    "Alamat dinas, https://…": "The department's address, https://…",
    "Kode dari dinas, sekali pakai.": "The department's code, for one use.",
    "Kunci buku perangkat pertama.": "The first device's book key.",
    "Berkas kunci buku itu.": "A file with that book key.",
    "Kirim yang baru ke dinas, dan ambil yang baru dari sana. Aman diulang kapan saja.": (
        "Send what is new to the department, and get what is new from there. Safe to repeat."
    ),
    "Barang: produk dan bahan.": "Items: products and materials.",
    "Tambah barang.": "Add an item.",
    "Namanya.": "Its name.",
    "produk, bahan.": "produk (product), bahan (material).",
    "potong, meter, kg.": "potong (piece), meter, kg.",
    "Harga satu, misalnya 250.000.": "The price of one, for example 250.000.",
    "Mrico Bolong, Surya Majapahit.": "Mrico Bolong, Surya Majapahit.",
    "tulis, cap, kombinasi.": "tulis (drawn), cap (stamped), kombinasi (both).",
    "alam, sintetis, campuran.": "alam (natural), sintetis (synthetic), campuran (both).",
    "primisima, sutera, dobi.": "primisima, sutera (silk), dobi (dobby).",
    "batik, tiruan, paduan, lain.": (
        "batik, tiruan (imitation), paduan (with imitation), lain (other)."
    ),
    "Ingatkan kalau kurang dari ini.": "Remind me below this.",
    "Titipan siapa, kalau bukan milik sendiri.": "Whose it is, if not your own.",
    "Ubah barang.": "Change an item.",
    "Yang mana; awal namanya cukup.": "Which one; the beginning of its name will do.",
    "Nama baru.": "Its new name.",
    "Tidak dipakai lagi, atau lagi.": "Put away, or in use again.",
    "Satukan: ini sama dengan itu.": "Join: this is the same as that.",
    "Lihat daftar barang.": "See the list of items.",
    "Juga yang tidak dipakai lagi.": "Those put away as well.",
    "Orang: pembeli, galeri, pembatik.": "Partners: buyers, galleries, home workers.",
    "Tambah orang. Nama, telepon dan catatannya hanya terbaca di buku Anda, tidak oleh dinas.": (
        "Add a partner. Name, phone and note are read in your book only, not by the department."
    ),
    "pembeli, galeri, pembatik, pemasok.": (
        "pembeli (buyer), galeri (gallery), pembatik (home worker), pemasok (supplier)."
    ),
    "Nomor telepon.": "Phone number.",
    "Catatan.": "A note.",
    "Ubah orang.": "Change a partner.",
    "Lihat daftar orang.": "See the list of partners.",
    "Tempat: rumah, galeri, pameran.": "Places: home, gallery, fair.",
    "Tambah tempat. Namanya hanya terbaca di buku Anda, sebab bisa memuat nama orang.": (
        "Add a place. Its name is read in your book only, for it may hold a person's name."
    ),
    "titip, pameran, pembatik.": "titip (consignment), pameran (fair), pembatik (home worker).",
    "Siapa yang punya tempat.": "Whose place it is.",
    "Ubah tempat.": "Change a place.",
    "Lihat daftar tempat.": "See the list of places.",
    "Kunci buku, untuk perangkat kedua.": "The book key, for a second device.",
    "Tampilkan kunci buku, untuk diketik di perangkat kedua.": (
        "Show the book key, to be typed on the second device."
    ),
    "Dengan kunci ini nama pembeli bisa dibaca. Jangan perlihatkan kepada orang lain.": (
        "With this key buyers' names can be read. Do not show it to anybody."
    ),
    "Tulis ke berkas, jangan ke layar.": "Write it to a file, not to the screen.",
    "Terima kunci buku perangkat lain, supaya nama yang ditulis di sana terbaca di sini.": (
        "Accept another device's book key, so that names written there are read here."
    ),
    "Kunci dari perangkat lain.": "The other device's key.",
    # -- the NIK ----------------------------------------------------------------------------
    "NIK": "NIK",
    "akhir NIK": "the end of the NIK",
    "(tertutup, hanya terbaca oleh dinas)": "(sealed, read by the department alone)",
    "NIK punya 16 angka; periksa lagi. Tidak dicatat.": (
        "A NIK has 16 digits; check it. Nothing was recorded."
    ),
    "Awal NIK itu bukan kode wilayah; periksa lagi. Tidak dicatat.": (
        "No area's code is what that NIK begins with; check it. Nothing was recorded."
    ),
    "Tanggal lahir di NIK itu tidak ada; periksa lagi. Tidak dicatat.": (
        "There is no such day of birth as in that NIK; check it. Nothing was recorded."
    ),
    "Bulan lahir di NIK itu tidak ada; periksa lagi. Tidak dicatat.": (
        "There is no such month of birth as in that NIK; check it. Nothing was recorded."
    ),
    "Nomor urut di akhir NIK itu tidak ada; periksa lagi. Tidak dicatat.": (
        "There is no such number as at the end of that NIK; check it. Nothing was recorded."
    ),
    "16 angka. Lebih baik kosong: lalu ditanya.": "16 digits. Better none: then it is asked for.",
    "Berkas yang hanya berisi NIK.": "A file that holds the NIK alone.",
    "Catat NIK perajin, tertutup rapat: hanya dinas bisa membacanya.": (
        "Record the artisan's NIK, sealed: the department alone can read it."
    ),
    "Tanpa isian, NIK ditanya dan tidak tampil saat diketik. Di buku ini hanya empat angka "
    "terakhir yang terbaca. Bukunya harus sudah terhubung ke dinas.": (
        "Without an argument the NIK is asked for, and not shown while it is typed. In this book "
        "only its last four digits can be read. The book must be joined to the department."
    ),
    "Pilih satu: NIK diketik, atau --file.": "Choose one: type the NIK, or --file.",
    "NIK-nya mana? Jalankan di terminal, atau tambahkan --file.": (
        "Which NIK? Run it in a terminal, or add --file."
    ),
    "NIK (tidak tampil saat diketik)": "NIK (not shown while you type)",
    "Tercatat no. {n}: NIK …{end}, hanya dinas bisa membacanya.": (
        "Recorded as no. {n}: NIK …{end}, the department alone can read it."
    ),
    # -- showing ----------------------------------------------------------------------------
    "PENERIMA": "RECEIVER",
    "JUMLAH": "NUMBER",
    "GAMBAR…": "PICTURES…",
    "Perlihatkan berkas sebagai kode QR yang bergerak, untuk dibaca kamera perangkat lain.": (
        "Show a file as moving QR codes, to be read by another device's camera."
    ),
    "Tanpa berkas: titipan buku ini untuk dinas, yang hanya dinas bisa membacanya. Berkas lain "
    "terbaca siapa saja yang melihat layar ini. Berhenti: Ctrl-C.": (
        "Without a file: what this book has for the department, which only the department can "
        "read. Any other file is read by whoever sees this screen. To stop: Ctrl-C."
    ),
    "Titipan ini": "What is to be shown",
    "Berkas yang diperlihatkan; biasanya titipan.": "The file to show; usually the letters.",
    "Kamera siapa yang membaca: laptop, hp.": "Whose camera reads it: laptop, hp (a phone).",
    "Kode lebih rapat: untuk kamera yang tajam.": "Denser codes: for a sharp camera.",
    "Berapa kode tiap detik.": "How many codes a second.",
    "Folder baru untuk gambar, atau berkas baru .gif.": (
        "A new folder for pictures, or a new .gif file."
    ),
    "Gambar di folder itu SVG, bukan PNG.": "The pictures in that folder are SVG, not PNG.",
    "{file} terlalu besar untuk kode QR ini: paling banyak {most} byte.": (
        "{file} is too large for these QR codes: {most} bytes at most."
    ),
    "{n} kode QR ditulis ke {target}.": "{n} QR codes written to {target}.",
    "Kode {n}; perlu {pieces} kode yang terbaca. Berhenti: Ctrl-C": (
        "Code {n}; {pieces} must be read. To stop: Ctrl-C"
    ),
    "Jendela ini terlalu kecil: perlu {columns} kolom dan {rows} baris. "
    "Perkecil hurufnya, atau tulis ke berkas: --out kode.gif": (
        "This window is too small: {columns} columns and {rows} lines are needed. "
        "Make its letters smaller, or write to a file: --out kode.gif"
    ),
    "Baca berkas kembali dari gambar atau video kode QR-nya, dalam urutan apa pun.": (
        "Read a file back from pictures or a video of its QR codes, in any order."
    ),
    "Video dibaca sampai berkasnya lengkap. Yang sudah ada tidak pernah ditimpa. Kalau isinya "
    "titipan perajin: canting relay take BERKAS.": (
        "A video is read until the file is whole. What is there already is never overwritten. "
        "If it holds an artisan's letters: canting relay take FILE."
    ),
    "Foto, GIF, video, atau folder berisi itu.": "Photos, a GIF, a video, or a folder of them.",
    "Berkas baru untuk isinya.": "A new file for what is read.",
    "{gathered} dari {pieces} bagian terbaca, dari {n} gambar. Berhenti: Ctrl-C": (
        "{gathered} of {pieces} parts read, from {n} pictures. Stop: Ctrl-C"
    ),
    "Tidak ada kode QR dari Canting di situ.": "There is no QR code of Canting in there.",
    "Belum lengkap: baru {gathered} dari {pieces} bagian terbaca. "
    "Tambahkan gambar atau video, lalu ulangi dengan semuanya.": (
        "Not whole yet: {gathered} of {pieces} parts were read. "
        "Add pictures or videos, and repeat with all of them."
    ),
    "Lengkap: {n} byte ditulis ke {target}.": "Whole: {n} bytes written to {target}.",
    "{file} tidak terbaca sebagai gambar": "{file} cannot be read as a picture",
    "{file} tidak terbaca sebagai video": "{file} cannot be read as a video",
    "Untuk kode QR, pasang dulu: pip install 'canting[{extra}]'": (
        "For QR codes, first: pip install 'canting[{extra}]'"
    ),
    "Untuk kode QR dalam video, pasang dulu: pip install 'canting[{extra}]'": (
        "For QR codes in a video, first: pip install 'canting[{extra}]'"
    ),
}

"""What the numbers of the ledger are called: kinds of facts, accounts, fields."""

from typing import Final

from canting_protocol import changes as c
from canting_protocol.changes import Account, Kind

KINDS: Final = {
    Kind.SALE: "jual",
    Kind.RETURN: "kembali",
    Kind.PAYMENT: "bayar",
    Kind.TRANSFER: "pindah uang",
    Kind.PURCHASE: "beli",
    Kind.EXPENSE: "biaya",
    Kind.PRODUCTION: "buat",
    Kind.MOVE: "pindah",
    Kind.COUNT: "hitung",
    Kind.VOID: "batal",
}
ACCOUNTS: Final = {
    Account.CASH: "tunai",
    Account.BANK: "bank",
    Account.QRIS: "qris",
    Account.RECEIVABLE: "piutang",
    Account.PAYABLE: "utang",
    Account.ADVANCE: "uang muka",
    Account.CAPITAL: "modal",
    Account.DRAWINGS: "prive",
    Account.OPENING: "awal",
    Account.SALES: "penjualan",
    Account.COMMISSION: "komisi",
    Account.FEES: "potongan",
    Account.STOCK: "pembelian",
    Account.EXPENSES: "biaya",
    Account.WAGES: "upah",
}
CHANNELS: Final[dict[str, c.Code]] = {
    "langsung": int(c.Channel.DIRECT),
    "toko": int(c.Channel.SHOP),
    "pasar": int(c.Channel.MARKET),
    "wa": int(c.Channel.WHATSAPP),
    "tokopedia": int(c.Channel.TOKOPEDIA),
    "shopee": int(c.Channel.SHOPEE),
    "pameran": int(c.Channel.FAIR),
    "titip": int(c.Channel.CONSIGNMENT),
    "seragam": int(c.Channel.UNIFORM),
}
FIELDS: Final[dict[str, dict[int, str]]] = {
    "profile": {
        c.ProfileField.NAME: "nama",
        c.ProfileField.BRAND: "merek",
        c.ProfileField.AREA: "kelurahan",
        c.ProfileField.CRAFT: "kerajinan",
        c.ProfileField.PHONE: "telepon",
        c.ProfileField.WORKERS: "pekerja",
        c.ProfileField.HOURS: "jam kerja",
        c.ProfileField.NIB: "NIB",
        c.ProfileField.LEGAL_FORM: "badan usaha",
        c.ProfileField.START_YEAR: "tahun mulai",
        c.ProfileField.STATUS: "keadaan",
        c.ProfileField.VILLAGE: "desa",
        c.ProfileField.DISTRICT: "kecamatan",
        c.ProfileField.REGENCY: "kota",
        c.ProfileField.NIK: "NIK",
        c.ProfileField.NIK_END: "akhir NIK",
    },
    "item": {
        c.ItemField.NAME: "nama",
        c.ItemField.TYPE: "jenis",
        c.ItemField.UNIT: "satuan",
        c.ItemField.PRICE: "harga",
        c.ItemField.MOTIF: "motif",
        c.ItemField.TECHNIQUE: "teknik",
        c.ItemField.DYE: "pewarna",
        c.ItemField.TEXTILE: "kain",
        c.ItemField.PRODUCT_CLASS: "golongan",
        c.ItemField.STOCK_MIN: "sisa terkecil",
        c.ItemField.OWNER: "pemilik",
        c.ItemField.SAME_AS: "sama dengan",
        c.ItemField.ARCHIVED: "tidak dipakai lagi",
    },
    "partner": {
        c.PartnerField.NAME: "nama",
        c.PartnerField.ROLE: "sebagai",
        c.PartnerField.PHONE: "telepon",
        c.PartnerField.NOTE: "catatan",
        c.PartnerField.SAME_AS: "sama dengan",
        c.PartnerField.ARCHIVED: "tidak dipakai lagi",
    },
    "place": {
        c.PlaceField.NAME: "nama",
        c.PlaceField.TYPE: "jenis",
        c.PlaceField.PARTNER: "pemilik",
        c.PlaceField.SAME_AS: "sama dengan",
        c.PlaceField.ARCHIVED: "tidak dipakai lagi",
    },
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.Sqlite;

/// <summary>Where a page ended: the order and id of its last row, so that rows that come or go meanwhile shift nothing.</summary>
internal static class PageToken
{
    private const string Mark = "s1";

    public static string After(JobRow row)
    {
        var created = JobTable.Microseconds(row.CreatedAt, JobTable.Last);
        var newest = created == JobTable.Last ? JobTable.Last : -created;
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Mark} {newest} {row.Id}")));
    }

    /// <exception cref="ArgumentException">The token is not one of this store's.</exception>
    public static (long NewestOrder, string JobId) Read(string token)
    {
        if (Base64Url.IsValid(token))
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ', 3);
            if (parts is [Mark, var order, { Length: > 0 } id] && long.TryParse(order, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var newest))
            {
                return (newest, id);
            }
        }

        throw new ArgumentException($"'{token}' is no page of this store. Pass the 'next' of the page before, or nothing for the first page.", nameof(token));
    }
}

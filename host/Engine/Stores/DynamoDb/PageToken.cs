using System.Buffers.Text;
using System.Globalization;
using System.Text;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>A row's place in a list, newest first, and the text that says where a page ended.</summary>
internal readonly record struct PageToken(long NewestOrder, string JobId) : IComparable<PageToken>
{
    private const string Mark = "d1";

    public static PageToken Of(JobRow row) => new(row.CreatedAt is { } created ? -created.UtcTicks : long.MaxValue, row.Id);

    /// <exception cref="ArgumentException">The token is not one of this store's.</exception>
    public static PageToken Read(string token)
    {
        if (Base64Url.IsValid(token))
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ', 3);
            if (parts is [Mark, var order, { Length: > 0 } id] && long.TryParse(order, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var newest))
            {
                return new PageToken(newest, id);
            }
        }

        throw new ArgumentException($"'{token}' is no page of this store. Pass the 'next' of the page before, or nothing for the first page.", nameof(token));
    }

    public static bool operator <(PageToken left, PageToken right) => left.CompareTo(right) < 0;

    public static bool operator >(PageToken left, PageToken right) => left.CompareTo(right) > 0;

    public static bool operator <=(PageToken left, PageToken right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PageToken left, PageToken right) => left.CompareTo(right) >= 0;

    public int CompareTo(PageToken other) =>
        NewestOrder != other.NewestOrder ? NewestOrder.CompareTo(other.NewestOrder) : string.CompareOrdinal(JobId, other.JobId);

    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Mark} {NewestOrder} {JobId}")));
}
